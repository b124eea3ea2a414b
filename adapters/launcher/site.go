package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// makeFolders makes the folders that the site keeps its data in, and the private folder of the sockets.
func makeFolders(answer *Answer) error {
	site := answer.Site
	folders := []string{site.DataFolder, filepath.Dir(site.DatabasePath)}
	for _, plan := range answer.Processes {
		folders = append(folders, plan.Rights.WriteFolders...)
	}
	for _, folder := range folders {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	if err := os.Chmod(site.DataFolder, 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(site.RuntimeFolder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	// In /tmp anyone could have made it: a link, or a folder of someone who then sees the sockets.
	if !isOurs(site.RuntimeFolder) {
		return fmt.Errorf("%q isn't a private folder of this user; remove it", site.RuntimeFolder)
	}
	return nil
}

// held is the data folder, held by this launcher until its process ends.
type held struct {
	file *os.File
	path string
}

// holdSite takes the lock of a data folder.
func holdSite(answer *Answer) (*held, error) {
	site := answer.Site
	file, err := os.OpenFile(site.LockPath, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		pid, _ := os.ReadFile(site.LockPath)
		used := fmt.Sprintf("the data folder %q is in use by another Clawdbot", site.DataFolder)
		if pid := strings.TrimSpace(string(pid)); pid != "" {
			return nil, fmt.Errorf("%s, process %s; run `kill %s`", used, pid, pid)
		}
		return nil, fmt.Errorf("%s that starts at this moment", used)
	}
	if err := file.Truncate(0); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(file, os.Getpid())
	return &held{file, site.LockPath}, err
}

// isInPlace says whether what is held is still where it was: it may have been moved away, and another one be in its place.
func (h *held) isInPlace() bool {
	now, err := os.Stat(h.path)
	then, errThen := h.file.Stat()
	return err == nil && errThen == nil && os.SameFile(now, then)
}

// keyEncryptionKey is the site's key, which is made when neither it nor a database is there. Where the system hands it over, it is
// read there: https://systemd.io/CREDENTIALS
func keyEncryptionKey(path, databasePath string) ([]byte, error) {
	if handed := filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "clawdbot.key"); filepath.IsAbs(handed) && isFile(handed) {
		path = handed
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		if database, err := os.Stat(databasePath); err == nil && database.Size() > 0 {
			return nil, fmt.Errorf("the key %q is missing, and without it nobody can read %q; put it back", path, databasePath)
		}
		if err := makeKey(path); err != nil {
			return nil, err
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode()&0o077 != 0 {
		return nil, fmt.Errorf("others may read the key %q; run `chmod 600 %s`", path, path)
	}
	key, err := os.ReadFile(path)
	if err == nil && len(key) != 32 {
		err = fmt.Errorf("the key %q has %d bytes instead of 32; put it back", path, len(key))
	}
	return key, err
}

// makeKey makes a key whole or not at all, and never over another launcher's: the name is given when the bytes are on the disk.
func makeKey(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".key-") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	key := make([]byte, 32)
	rand.Read(key)
	if _, err := file.Write(key); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncFile(folder)
}

// secretBytesMax is the length of the longest secret.
const secretBytesMax = 64 * 1024

// resolved is a secret as the host gets it: its value, or in one line why it has none.
type resolved struct {
	Pointer string  `json:"pointer"`
	Value   *string `json:"value,omitempty"`
	Failure string  `json:"failure,omitempty"`
}

// resolveSecret looks one secret up, relative to the configuration's folder. The sentences are those of core/config/secrets.ts.
func resolveSecret(wanted SecretWanted, baseFolder string) resolved {
	reference := wanted.Reference
	var value []byte
	isThere, place := true, ""
	switch reference.Kind {
	case "literal":
		return resolved{Pointer: wanted.Pointer, Value: &reference.Value}
	case "env":
		var text string
		text, isThere = os.LookupEnv(reference.Name)
		value, place = []byte(text), fmt.Sprintf("environment variable %q", reference.Name)
	default:
		path := reference.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(baseFolder, path)
		}
		place = fmt.Sprintf("secret file %q", reference.Path)
		var err error
		if value, err = os.ReadFile(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return resolved{Pointer: wanted.Pointer, Failure: place + " can't be read"}
		}
		isThere = err == nil
		value = bytes.TrimSuffix(bytes.TrimSuffix(value, []byte("\n")), []byte("\r"))
	}
	switch {
	case !isThere:
		return resolved{Pointer: wanted.Pointer, Failure: place + " is missing"}
	case len(value) == 0:
		return resolved{Pointer: wanted.Pointer, Failure: place + " is empty"}
	case len(value) > secretBytesMax:
		return resolved{Pointer: wanted.Pointer, Failure: place + " is too long"}
	}
	text := string(value)
	return resolved{Pointer: wanted.Pointer, Value: &text}
}

// refuseFolders refuses a right to a file that is in truth a folder: it would open all that is in it.
func refuseFolders(plan Plan) error {
	for _, path := range append(plan.Rights.ReadFiles, plan.Rights.WriteFiles...) {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return fmt.Errorf("%q is a folder, and %s needs a file", path, plan.Role)
		}
	}
	return nil
}
