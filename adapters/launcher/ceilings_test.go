package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const testRoot = "/opt/clawdbot/0123456789abcdef"

// plansOf are plans as core/permissions.ts makes them.
func plansOf() map[string]Plan {
	runner := Rights{ReadFiles: []string{"/models/a.gguf", testRoot + "/app/worker.js"}, ReadFolders: []string{testRoot + "/llama"},
		System: []string{"systemMemoryInfo"}, Libraries: []string{testRoot + "/llama"}}
	plans := map[string]Plan{
		"plan": {Rights: Rights{ReadFiles: []string{"/home/ann/config.yaml"}}, Limits: Limits{1, 0, 256, "allowed"}},
		"host": {Rights: Rights{WriteFiles: []string{"/home/ann/data/db", "/home/ann/data/db-wal"},
			WriteFolders: []string{"/home/ann/data/objects"}, ReadFiles: []string{"/home/ann/tls/key.pem"},
			ReadFolders: []string{"/home/ann/data/models"}, Sockets: []string{"/run/user/1/clawdbot-0/host.sock"},
			Listen: []string{"127.0.0.1:8080"}, Connect: []string{"api.telegram.org:443"}}, Limits: Limits{1, 0, 4096, "allowed"}},
		"model-runner":     {Rights: runner, Limits: Limits{1, 1_000_000_000, 1024, "denied"}},
		"embedding-runner": {Rights: runner, Limits: Limits{1, 1_000_000_000, 1024, "denied"}},
		"model-puller": {Rights: Rights{Connect: []string{"pypi.org:443", "[::1]:3141"}, System: []string{"statfs"},
			WriteFolders: []string{"/home/ann/data/models"}}, Limits: Limits{1, 1_000_000_000, 256, "allowed"}},
		"model-quantizer": {Rights: Rights{ReadFiles: []string{"/models/a.gguf"}, ReadFolders: []string{testRoot + "/llama"},
			WriteFolders: []string{"/home/ann/data/models/b.gguf.work.part"}, Libraries: []string{testRoot + "/llama"}},
			Limits: Limits{1, 1_000_000_000, 256, "denied"}},
	}
	for role, plan := range plans {
		plan.Role = role
		plan.Environment = map[string]string{"DENO_DIR": testRoot + "/deno_dir", "DENO_NO_UPDATE_CHECK": "1", "HOME": testRoot + "/deno_dir", "NO_COLOR": "1"}
		plan.Args = argsOf(plan)
		plans[role] = plan
	}
	return plans
}

func argsOf(plan Plan) []string {
	args := append([]string{"run", "--quiet", "--no-check", "--no-lock", "--node-modules-dir=none"}, flagsAlways...)
	if plan.Limits.WrittenCode == "denied" {
		args = append(args, flagWithoutWriting)
	}
	args = append(args, permissionFlags(plan.Rights)...)
	return append(args, "--deny-run", "--deny-env", testRoot+"/app/main.js", plan.Role, "/models/a.gguf", "--allow-all")
}

const keptConfig, keptKey = "/home/ann/config.yaml", "/home/ann/keys/key"

func TestPlansOfThisProgramAreUnderTheirCeilings(t *testing.T) {
	for role, plan := range plansOf() {
		if err := refuseExcess(plan, testRoot, keptConfig, keptKey); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// Goal: a forged plan gives nothing that its role never has. Method: each case forges one thing; where rights are forged,
// the flags are forged to agree with them.
func TestAForgedPlanIsRefused(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	type rights func(r *Rights)
	for name, forged := range map[string]struct {
		role string
		do   rights
	}{
		"a socket for a runner":             {"model-runner", func(r *Rights) { r.Sockets = []string{"/run/a/b.sock"} }},
		"an address for a runner":           {"model-runner", func(r *Rights) { r.Connect = []string{"example.com:443"} }},
		"a listener for a runner":           {"embedding-runner", func(r *Rights) { r.Listen = []string{"127.0.0.1:80"} }},
		"a file for a runner to write":      {"model-runner", func(r *Rights) { r.WriteFiles = []string{"/home/ann/x"} }},
		"a folder for a runner to write":    {"embedding-runner", func(r *Rights) { r.WriteFolders = []string{"/home/ann/x"} }},
		"libraries of another folder":       {"model-runner", func(r *Rights) { r.Libraries = []string{"/usr/lib/x"} }},
		"libraries of a folder beside":      {"model-runner", func(r *Rights) { r.Libraries = []string{testRoot + "/llama/../x"} }},
		"libraries for the host":            {"host", func(r *Rights) { r.Libraries = []string{testRoot + "/llama"} }},
		"questions to the system":           {"host", func(r *Rights) { r.System = []string{"statfs"} }},
		"other questions to the system":     {"model-puller", func(r *Rights) { r.System = []string{"hostname"} }},
		"a listener for the puller":         {"model-puller", func(r *Rights) { r.Listen = []string{"127.0.0.1:80"} }},
		"an address for the quantizer":      {"model-quantizer", func(r *Rights) { r.Connect = []string{"example.com:443"} }},
		"a socket for the quantizer":        {"model-quantizer", func(r *Rights) { r.Sockets = []string{"/run/a/b.sock"} }},
		"a file for the quantizer to write": {"model-quantizer", func(r *Rights) { r.WriteFiles = []string{"/models/a.gguf"} }},
		"the program for the quantizer":     {"model-quantizer", func(r *Rights) { r.WriteFolders = []string{testRoot + "/llama"} }},
		"a folder for plan":                 {"plan", func(r *Rights) { r.ReadFolders = []string{"/home/ann/x"} }},
		"a file for plan to write":          {"plan", func(r *Rights) { r.WriteFiles = []string{"/home/ann/config.yaml"} }},
		"the whole disk":                    {"host", func(r *Rights) { r.WriteFolders = []string{"/"} }},
		"all that is in a folder of root":   {"host", func(r *Rights) { r.ReadFolders = []string{"/etc"} }},
		"a relative path":                   {"host", func(r *Rights) { r.WriteFiles = []string{"data/db"} }},
		"a path upwards":                    {"host", func(r *Rights) { r.WriteFiles = []string{"/home/ann/../bob/db"} }},
		"two paths in one":                  {"host", func(r *Rights) { r.ReadFiles = []string{"/home/a,/etc/passwd"} }},
		"the runtime":                       {"host", func(r *Rights) { r.WriteFolders = []string{testRoot} }},
		"the runtime's program":             {"host", func(r *Rights) { r.WriteFiles = []string{testRoot + "/deno"} }},
		"the runtime's cache":               {"model-puller", func(r *Rights) { r.WriteFolders = []string{testRoot + "/deno_dir"} }},
		"what the runtime is in":            {"host", func(r *Rights) { r.WriteFolders = []string{"/opt/clawdbot"} }},
		"the executable":                    {"host", func(r *Rights) { r.WriteFiles = []string{executable} }},
		"the configuration":                 {"host", func(r *Rights) { r.WriteFiles = []string{keptConfig} }},
		"reading the configuration":         {"host", func(r *Rights) { r.ReadFiles = []string{keptConfig} }},
		"the folder of the configuration":   {"host", func(r *Rights) { r.WriteFolders = []string{"/home/ann"} }},
		"a socket beside the configuration": {"host", func(r *Rights) { r.Sockets = []string{"/home/ann/host.sock"} }},
		"the key's folder":                  {"host", func(r *Rights) { r.ReadFolders = []string{"/home/ann/keys"} }},
		"every port":                        {"host", func(r *Rights) { r.Connect = []string{"example.com"} }},
		"two addresses in one":              {"host", func(r *Rights) { r.Connect = []string{"a:1,b:2"} }},
		"a socket as an address":            {"host", func(r *Rights) { r.Connect = []string{"unix:/run/x:1"} }},
	} {
		plan := plansOf()[forged.role]
		forged.do(&plan.Rights)
		plan.Args = argsOf(plan)
		if err := refuseExcess(plan, testRoot, keptConfig, keptKey); err == nil {
			t.Errorf("%s is let through", name)
		}
	}
	for name, forge := range map[string]func(p *Plan){
		"a role that isn't":         func(p *Plan) { p.Role = "reader" },
		"another role's place":      func(p *Plan) { p.Role = "host" },
		"many processes":            func(p *Plan) { p.Limits.ProcessesMax = 1000 },
		"no processes":              func(p *Plan) { p.Limits.ProcessesMax = 0 },
		"many files":                func(p *Plan) { p.Limits.OpenFilesMax = 1_000_000 },
		"memory without end":        func(p *Plan) { p.Limits.MemoryBytesMax = 0 },
		"written code":              func(p *Plan) { p.Limits.WrittenCode = "allowed"; p.Args = argsOf(*p) },
		"a variable of the loader":  func(p *Plan) { p.Environment["LD_PRELOAD"] = "/tmp/x.so" },
		"a variable of the runtime": func(p *Plan) { p.Environment["DENO_V8_FLAGS"] = "--expose-gc" },
		"another cache":             func(p *Plan) { p.Environment["DENO_DIR"] = "/tmp/x" },
		"no cache":                  func(p *Plan) { delete(p.Environment, "DENO_DIR") },
		"no arguments":              func(p *Plan) { p.Args = nil },
		"flags alone":               func(p *Plan) { p.Args = p.Args[:4] },
		"another command":           func(p *Plan) { p.Args[0] = "eval" },
		"another module":            func(p *Plan) { p.Args[slices.Index(p.Args, testRoot+"/app/main.js")] = "/tmp/x.js" },
		"a module before":           func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "data:text/javascript,1") },
		"the role of another":       func(p *Plan) { p.Args[slices.Index(p.Args, testRoot+"/app/main.js")+1] = "cli" },
		"a flag that is gone":       func(p *Plan) { p.Args = slices.DeleteFunc(p.Args, func(a string) bool { return a == "--ignore-env" }) },
		"other V8 flags":            func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--v8-flags=--allow-natives-syntax") },
		"no word about written code": func(p *Plan) {
			p.Args = slices.DeleteFunc(p.Args, func(a string) bool { return a == flagWithoutWriting })
		},
		"a right without a list":         func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-net") },
		"a right that isn't listed":      func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-net=example.com:443") },
		"more of a right":                func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-read=/etc/passwd") },
		"all libraries":                  func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-ffi") },
		"processes":                      func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-run") },
		"a process":                      func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-run=/bin/sh") },
		"everything":                     func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--allow-all") },
		"everything, in short":           func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "-A") },
		"reading, in short":              func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "-R") },
		"a debugger":                     func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--inspect") },
		"a module that is loaded too":    func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--preload=/tmp/x.js") },
		"a configuration of the runtime": func(p *Plan) { p.Args = slices.Insert(p.Args, 1, "--config=/tmp/x.json") },
	} {
		plan := plansOf()["model-runner"]
		forge(&plan)
		err := refuseExcess(plan, testRoot)
		if err == nil || !strings.Contains(err.Error(), "isn't from this program") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
