package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// version is of this program: scripts/package_launcher.ts has the linker set it.
var version = "0.0.0"

// release is a version that may take the place of this one. Its version and target are empty where only its digest is known.
type release struct{ version, target, digest string }

// keyPrefix is what stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo: RFC 8410, 4. Reading it with
// crypto/x509 would make the executable 0.6 MB larger.
const keyPrefix = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"

// verifyRelease says what the file at path is, or why it must not take this one's place. It is what the release's key signed, in
// two lines: `clawdbot VERSION TARGET SHA256HEX`, then the Ed25519 signature of that line with its line feed, in base64. Or it
// has the digest that a person took from elsewhere; one that differs is refused also when the signature is right.
func verifyRelease(path, signature, digest, publicKey string) (r release, err error) {
	sum, err := digestOfFile(path)
	if err != nil {
		return r, err
	}
	line, encoded, _ := strings.Cut(signature, "\n")
	if digest != "" && !strings.EqualFold(digest, sum) {
		return r, fmt.Errorf("its SHA-256 is %s, and not %s", sum, strings.ToLower(digest))
	}
	if digest != "" && (publicKey == "" || line == "") {
		return release{digest: sum}, nil
	}
	block, _ := pem.Decode([]byte(publicKey))
	if block == nil {
		return r, errors.New("this version carries no release key; name the SHA-256 out of SHA256SUMS with `--digest`")
	}
	if line == "" {
		return r, errors.New("there is no signature beside it; get its .sig too, or name the SHA-256 out of SHA256SUMS with `--digest`")
	}
	key, isEd25519 := strings.CutPrefix(string(block.Bytes), keyPrefix)
	signed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil || !isEd25519 || len(key) != ed25519.PublicKeySize || !ed25519.Verify([]byte(key), []byte(line+"\n"), signed) {
		return r, errors.New("its signature isn't one of the release key")
	}
	if n, _ := fmt.Sscanf(line, "clawdbot %s %s %s", &r.version, &r.target, &r.digest); n != 3 || r.digest != sum {
		return r, errors.New("its signature is another file's")
	}
	if here := targetHere(); r.target != here {
		return r, fmt.Errorf("it is for %s, and this is %s", r.target, here)
	}
	return r, nil
}

// refuseOlder refuses a version before the one that runs: it might not know what that one wrote.
func refuseOlder(next, running string, allowed bool) error {
	base, preview, _ := strings.Cut(next, "-")
	runningBase, runningPreview, _ := strings.Cut(running, "-")
	isPreview := !isOlder(runningBase, base) && preview != "" && runningPreview == ""
	if allowed || !isOlder(base, runningBase) && !isPreview {
		return nil
	}
	return fmt.Errorf("it is version %s, and %s runs; `--allow-downgrade` takes it nevertheless", next, running)
}

// targetHere is what this executable was built for, as releases call it.
func targetHere() string {
	return runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
}
