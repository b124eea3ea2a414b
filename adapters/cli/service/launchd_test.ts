import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { launchdPlist, plistPath } from "./launchd.ts";
import { type Service, writtenService } from "./service.ts";

const agent: Service = {
  name: "clawdbot",
  executable: "/Users/alice/A & <B>/clawdbot",
  configPath: "/Users/alice/bot -- & <one>/config.yaml",
  home: "/Users/alice",
  dataFolder: "/Users/alice/bot/data",
  logsFolder: "/Users/alice/bot/data/logs",
  writable: [],
  runtimeName: "clawdbot-501-00ff00ff",
  hasLowPort: false,
  touched: [],
};

Deno.test("a property list is one, and says what it should", async () => {
  // plutil is on macOS only; Python reads the format everywhere.
  const read = "import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
  const child = new Deno.Command("python3", { args: ["-c", read], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(launchdPlist(agent)));
  await writer.close();
  const { code, stdout } = await child.output();
  strictEqual(code, 0);
  deepStrictEqual(JSON.parse(new TextDecoder().decode(stdout)), {
    Label: "ai.clawdbot.clawdbot",
    ProgramArguments: [agent.executable, "--config", agent.configPath],
    EnvironmentVariables: { HOME: "/Users/alice" },
    WorkingDirectory: "/",
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: 20,
    ProcessType: "Standard",
    Umask: 63,
    SoftResourceLimits: { NumberOfFiles: 4096, Core: 0 },
    StandardOutPath: "/Users/alice/Library/Logs/clawdbot.log",
    StandardErrorPath: "/Users/alice/Library/Logs/clawdbot.log",
  });
});

Deno.test("a property list keeps the rules of launchd.plist(5) and of XML", () => {
  const text = launchdPlist({ ...agent, system: { user: "_clawdbot" } });
  const comment = /<!-- ([^]*?) -->/.exec(text)?.[1] ?? "";
  ok(comment.length > 0 && !comment.includes("--"), "two hyphens end a comment");
  ok(/<key>UserName<\/key>\s*<string>_clawdbot<\/string>/.test(text));
  // A program that puts itself into the background would be started again and again.
  ok(!text.includes("--daemon"));
  const known = new Set(
    ("Label ProgramArguments UserName EnvironmentVariables WorkingDirectory RunAtLoad KeepAlive ThrottleInterval " +
      "ExitTimeOut ProcessType Umask SoftResourceLimits StandardOutPath StandardErrorPath").split(" "),
  );
  const top = [...text.matchAll(/^ {2}<key>(.*)<\/key>$/gm)].map(([, key]) => key!);
  deepStrictEqual(top.filter((key) => !known.has(key)), []);
});

Deno.test("a property list says whom it was written for, and lies where launchd looks", () => {
  const { configPath, home } = agent;
  deepStrictEqual(writtenService(launchdPlist(agent)), { configPath, home });
  strictEqual(plistPath(agent), "/Users/alice/Library/LaunchAgents/ai.clawdbot.clawdbot.plist");
  strictEqual(
    plistPath({ ...agent, system: { user: "alice" } }),
    "/Library/LaunchDaemons/ai.clawdbot.clawdbot.plist",
  );
});
