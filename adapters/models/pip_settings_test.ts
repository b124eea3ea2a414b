import { deepStrictEqual } from "node:assert/strict";
import { parsePipConfig, type PipFacts, pipSettings } from "./pip_settings.ts";

function facts(
  env: Record<string, string>,
  files: Record<string, string> = {},
  os: PipFacts["os"] = "linux",
): PipFacts {
  return { env: (name) => env[name], readText: (path) => files[path], os };
}

Deno.test("pipSettings() is PyPI without any setting", () => {
  deepStrictEqual(pipSettings(facts({})), { indexUrls: ["https://pypi.org/simple"], idleMsMax: 60_000 });
});

Deno.test("pipSettings() lets a person's file win over the system's, and a variable over both", () => {
  const files = {
    "/etc/pip.conf": "[global]\nindex-url = https://system/simple\ncert = /etc/ca.pem\ntimeout = 5\n",
    "/home/a/.config/pip/pip.conf": "[global]\nindex_url: https://mine/simple\n",
  };
  const mine = { indexUrls: ["https://mine/simple"], certPath: "/etc/ca.pem", idleMsMax: 5_000 };
  deepStrictEqual(pipSettings(facts({ HOME: "/home/a" }, files)), mine);
  deepStrictEqual(pipSettings(facts({ HOME: "/home/a", PIP_INDEX_URL: "https://var/simple", PIP_CERT: "/x" }, files)), {
    ...mine,
    indexUrls: ["https://var/simple"],
    certPath: "/x",
  });
});

Deno.test("pipSettings() reads the file that PIP_CONFIG_FILE names last, and none for /dev/null", () => {
  const files = {
    "/etc/pip.conf": "[global]\nindex-url=https://a/\n",
    "/own.conf": "[download]\nindex-url=https://b/\n",
  };
  deepStrictEqual(pipSettings(facts({ PIP_CONFIG_FILE: "/own.conf" }, files)).indexUrls, ["https://b/"]);
  deepStrictEqual(pipSettings(facts({ PIP_CONFIG_FILE: "/dev/null" }, files)).indexUrls, ["https://pypi.org/simple"]);
});

Deno.test("pipSettings() looks where macOS keeps it", () => {
  const files = { "/Users/a/Library/Application Support/pip/pip.conf": "[global]\nindex-url=https://m/\n" };
  deepStrictEqual(pipSettings(facts({ HOME: "/Users/a" }, files, "darwin")).indexUrls, ["https://m/"]);
});

Deno.test("pipSettings() asks further indexes, and none when pip is told so", () => {
  const files = { "/etc/pip.conf": "[global]\nextra-index-url =\n    https://one/\n    https://two/\n" };
  deepStrictEqual(pipSettings(facts({}, files)).indexUrls, ["https://pypi.org/simple", "https://one/", "https://two/"]);
  deepStrictEqual(pipSettings(facts({ PIP_NO_INDEX: "1" }, files)).indexUrls, []);
});

Deno.test("pipSettings() trusts what requests trusts when pip itself says nothing", () => {
  deepStrictEqual(pipSettings(facts({ REQUESTS_CA_BUNDLE: "/r.pem" })).certPath, "/r.pem");
});

Deno.test("parsePipConfig() skips comments and other sections, and lets [download] win", () => {
  const text =
    "; a comment\n[list]\nindex-url = no\n[download]\nindex-url = yes\n[global]\n# x\nindex-url = no\n--Cert=c\n";
  deepStrictEqual([...parsePipConfig(text)], [["index-url", "yes"], ["cert", "c"]]);
});
