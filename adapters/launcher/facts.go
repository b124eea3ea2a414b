package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// runtimeFlags are the flags of every process, none of which gives a right. roles/program_here.ts has the later ones.
var runtimeFlags = append([]string{"--quiet", "--no-prompt", "--no-remote", "--cached-only"}, programFlags...)

var programFlags = []string{"--no-check", "--no-config", "--no-lock", "--no-npm", "--node-modules-dir=none", "--unstable-no-legacy-abort"}

// planProcess is the process that computes the plan: it reads the configuration and nothing else. The launcher knows this one
// by itself, as core/permissions.ts does.
func planProcess(root, configPath string) Plan {
	plan := Plan{Role: "plan", Limits: Limits{ProcessesMax: 1, OpenFilesMax: 256, WrittenCode: "allowed"}, Environment: map[string]string{
		"DENO_DIR": filepath.Join(root, "deno_dir"), "DENO_NO_UPDATE_CHECK": "1", "HOME": filepath.Join(root, "deno_dir"), "NO_COLOR": "1",
	}}
	plan.Args = append([]string{"run", "--ignore-env"}, runtimeFlags...)
	if configPath != "" {
		plan.Rights.ReadFiles = []string{configPath}
		plan.Args = append(plan.Args, "--allow-read="+configPath)
	}
	for _, right := range []string{"net", "write", "env", "run", "ffi", "sys", "import"} {
		plan.Args = append(plan.Args, "--deny-"+right)
	}
	plan.Args = append(plan.Args, filepath.Join(root, "app/main.js"), "plan")
	return plan
}

// siteFacts are what only the launcher knows of a site: the request of the role plan, and the folders that it was found by.
type siteFacts struct {
	configPath, ownConfigPath string
	request                   map[string]any
}

// factsOf looks up where this person's site stands, by the same rules as roles/site_here.ts.
func factsOf(root string, o options) (siteFacts, error) {
	home, uid := os.Getenv("HOME"), os.Getuid()
	if !filepath.IsAbs(home) {
		return siteFacts{}, fmt.Errorf("Cannot find the data folder: HOME isn't set to an absolute path")
	}
	f := siteFacts{ownConfigPath: filepath.Join(home, ".clawdbot/config.yaml")}
	for _, path := range []string{"config.yaml", f.ownConfigPath} {
		if f.configPath == "" && isFile(path) {
			f.configPath = path
		}
	}
	if o.config != "" {
		if f.configPath = o.config; !isFile(o.config) {
			return siteFacts{}, fmt.Errorf("Cannot read the configuration: there is no file %q", o.config)
		}
	}
	machine := map[string]any{"home": home, "uid": uid}
	dataFolder := filepath.Dir(f.ownConfigPath)
	if f.configPath != "" {
		f.configPath, _ = filepath.Abs(f.configPath)
		machine["configPath"] = f.configPath
		if base := filepath.Dir(f.configPath); base != dataFolder {
			dataFolder = filepath.Join(base, "data")
		}
	}
	if xdg := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) {
		machine["xdgConfigHome"] = xdg
	}
	machine["runtimeRoot"] = runtimeRoot(dataFolder, uid)
	f.request = map[string]any{
		"machine": machine,
		"program": map[string]any{
			"main": mainModule(root, o), "cacheFolder": filepath.Join(root, "deno_dir"), "flags": programFlags,
			"librariesFolder": filepath.Join(root, "llama"), "workerFiles": []string{filepath.Join(filepath.Dir(mainModule(root, o)), "worker.js")},
		},
		"modelsHere": modelsIn(filepath.Join(dataFolder, "models")), "memoryBytes": totalMemory(), "pip": pipFacts(),
	}
	if o.trialDatabase != "" {
		f.request["trialDatabase"] = o.trialDatabase
	}
	if o.model != "" {
		f.request["model"] = o.model
		if strings.Contains(o.model, "/") || strings.HasSuffix(o.model, ".gguf") {
			f.request["model"], _ = filepath.Abs(o.model)
		}
	}
	return f, nil
}

// mainModule is what the processes run: in a build for tests another module may play them.
func mainModule(root string, o options) string {
	if o.main != "" {
		return o.main
	}
	return filepath.Join(root, "app/main.js")
}

// runtimeRoot is where the private folder of the sockets is. A login session's folder comes and goes with the login: whoever
// runs already stays where it is.
func runtimeRoot(dataFolder string, uid int) string {
	hash := sha256.Sum256([]byte(dataFolder))
	login := fmt.Sprintf("/run/user/%d", uid)
	if isOurs(fmt.Sprintf("/run/clawdbot-%d-%x", uid, hash[:4])) { // made by the system, for a service of the machine
		return "/run"
	}
	if !isOurs(login) || !isOurs(fmt.Sprintf("%s/clawdbot-%x", login, hash[:4])) && isOurs(fmt.Sprintf("/tmp/clawdbot-%d-%x", uid, hash[:4])) {
		return "/tmp"
	}
	return login
}

// isOurs says whether a path is a real folder of this user's that nobody else may enter.
func isOurs(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir() && info.Mode()&0o077 == 0 && int(info.Sys().(*syscall.Stat_t).Uid) == os.Getuid()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

var modelName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// modelsIn names the model files in a folder, at most 500.
func modelsIn(folder string) []string {
	names := []string{}
	paths, _ := filepath.Glob(filepath.Join(folder, "*.gguf"))
	for _, path := range paths {
		if name := strings.TrimSuffix(filepath.Base(path), ".gguf"); modelName.MatchString(name) && isFile(path) {
			names = append(names, name)
		}
	}
	return names[:min(len(names), 500)]
}

// pipFacts are what pip is set to: adapters/models/pip_settings.ts has the variables and places.
func pipFacts() map[string]any {
	env, files, home := map[string]string{}, map[string]string{}, os.Getenv("HOME")
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		known := []string{"HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "VIRTUAL_ENV", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
		if strings.HasPrefix(name, "PIP_") || slices.Contains(known, name) {
			env[name] = value
		}
	}
	folders := []string{"/etc", "/Library/Application Support/pip", home + "/.pip", home + "/.config/pip",
		home + "/Library/Application Support/pip", env["XDG_CONFIG_HOME"] + "/pip", env["VIRTUAL_ENV"]}
	dirs := env["XDG_CONFIG_DIRS"]
	if dirs == "" {
		dirs = "/etc/xdg"
	}
	for _, folder := range strings.Split(dirs, ":") {
		folders = append(folders, folder+"/pip")
	}
	paths := []string{env["PIP_CONFIG_FILE"]}
	for _, folder := range folders {
		paths = append(paths, folder+"/pip.conf")
	}
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			files[path] = string(text)
		}
	}
	return map[string]any{"os": runtime.GOOS, "env": env, "files": files}
}

// runPlan runs the role plan and returns its answer; refused are the lines that it printed in its place.
func runPlan(root, executable string, f siteFacts) (answer *Answer, refused []string, err error) {
	plan, _ := json.Marshal(planProcess(root, f.configPath))
	request, err := json.Marshal(f.request)
	if err != nil {
		return nil, nil, err
	}
	var stderr strings.Builder
	command := exec.Command(executable, "__confine", root, string(plan))
	command.Stdin, command.Stderr, command.Dir, command.Env = strings.NewReader(string(request)), &stderr, "/", []string{}
	stdout, err := command.Output()
	if _, exited := err.(*exec.ExitError); exited {
		return nil, strings.Split(strings.TrimSpace(stderr.String()), "\n"), nil
	}
	if err == nil {
		err = json.Unmarshal(stdout, &answer)
	}
	return answer, nil, err
}
