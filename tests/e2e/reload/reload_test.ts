import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Status } from "../../../schema/api.ts";
import { checkout } from "../../../roles/program_here.ts";
import { runCommand } from "../../command_line.ts";
import { type Site, startSite } from "../../site.ts";

// Goal: a changed configuration comes into force without anything lost or doubled, and a bad one changes nothing.

const scripted = `${checkout}/tests/bench/scripted_main.ts`;
const slow = `${checkout}/tests/e2e/reload/slow_main.ts`;
const hangMs = 30_000;

const configPath = ({ folder }: Site) => `${folder}/config.yaml`;
const port = ({ url }: Site) => new URL(url).port;

function yaml(site: Site, text: string, web = ""): string {
  return `${text}\nweb: { listen: "127.0.0.1:${port(site)}"${web === "" ? "" : `, ${web}`} }\n`;
}

/** Whole or not at all, as a careful editor writes. */
function put(site: Site, text: string | Uint8Array): void {
  const path = `${configPath(site)}.new`;
  if (typeof text === "string") Deno.writeTextFileSync(path, text);
  else Deno.writeFileSync(path, text);
  Deno.renameSync(path, configPath(site));
}

async function statusOf(site: Site): Promise<Status> {
  return await (await site.api("/api/status")).json();
}

async function until<R>(what: string, ask: () => R | undefined | false | Promise<R | undefined | false>): Promise<R> {
  for (const endMs = Date.now() + hangMs;;) {
    const answer = await Promise.resolve(ask()).catch(() => undefined);
    if (answer) return answer;
    if (Date.now() > endMs) throw new Error(`Never seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves when a configuration is in force that was loaded after this one. */
function untilLoaded(site: Site, { configuration: { loaded_ms } }: Status): Promise<Status> {
  return until("another configuration", async () => {
    const status = await statusOf(site);
    return status.configuration.loaded_ms > loaded_ms && status;
  });
}

/** Resolves when a configuration was refused with these words. */
async function untilRefused(site: Site, said: RegExp): Promise<void> {
  await until(
    `a refusal: ${said}`,
    async () => said.test((await statusOf(site)).configuration.problem?.lines.join("\n") ?? ""),
  );
}

async function reload({ folder }: Site): Promise<{ code: number; stdout: string; stderr: string }> {
  return await runCommand(["--config", `${folder}/config.yaml`, "config", "reload"], { home: `${folder}/home` });
}

async function post(site: Site, conversation: string, id: string): Promise<Response> {
  const body = JSON.stringify({ conversation, platform_id: id, text: `Question ${id}` });
  return await site.api("/api/messages", { method: "POST", body, headers: { "content-type": "application/json" } });
}

async function messagesOf(site: Site, sessionId: string): Promise<{ author: string; text: string }[]> {
  return (await (await site.api(`/api/sessions/${sessionId}/messages`)).json()).messages;
}

Deno.test("what needs no new right is applied in place: decisions change, and an answer that runs goes on", async () => {
  await using site = await startSite({ main: slow });
  await site.untilListening();
  const hosts = site.pids("host");
  const { session_id } = await (await post(site, "c", "1")).json();
  const before = await statusOf(site);
  put(site, yaml(site, "access: { rules: [{ effect: deny, resource: chat }] }\nlog: { level: warn }"));
  const denied = await untilLoaded(site, before);
  strictEqual(denied.configuration.applied, "in_place");
  strictEqual((await post(site, "c", "2")).status, 403);
  put(site, yaml(site, ""));
  await untilLoaded(site, denied);
  strictEqual((await post(site, "c", "3")).status, 202);
  await until("both answers", async () => (await messagesOf(site, session_id)).length === 4);
  deepStrictEqual((await messagesOf(site, session_id)).map(({ author }) => author), [
    "person",
    "assistant",
    "person",
    "assistant",
  ]);
  deepStrictEqual(site.pids("host"), hosts, "the same host");
});

Deno.test("under load, through 20 changes of both kinds, nothing is lost or doubled, and nobody waits for 10 s", async () => {
  await using site = await startSite({ main: scripted });
  await site.untilListening();
  let isOver = false;
  let gapMs = 0;
  const failures = { during: "in-place" as "in-place" | "restart", inPlace: 0 };
  const sessions = new Map<string, { readonly id: string; count: number }>();
  /** A caller that comes again with the same key, as it is told. */
  const caller = async (conversation: string): Promise<void> => {
    for (let number = 1; !isOver || number <= 5; number++) {
      for (const startMs = Date.now();;) {
        const begunDuring = failures.during;
        const response = await post(site, conversation, `${number}`).catch(() => undefined);
        if (response?.status === 202) {
          const { session_id: id } = await response.json();
          sessions.set(conversation, { id, count: number });
          break;
        }
        if (begunDuring === "in-place" && failures.during === "in-place") failures.inPlace++;
        if (response !== undefined) {
          deepStrictEqual([response.status, response.headers.get("retry-after")], [503, "1"], await response.text());
        }
        gapMs = Math.max(gapMs, Date.now() - startMs);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const callers = Array.from({ length: 10 }, (_, index) => caller(`c${index}`));
  for (let round = 1; round <= 20; round++) {
    const before = await until("the status", () => statusOf(site));
    const restarts = round % 2 === 0;
    failures.during = restarts ? "restart" : "in-place";
    const names = `names: [n${restarts ? round : round - 1}.local]`.replace("n0.local", "");
    put(site, yaml(site, `log: { files: ${round + 2} }`, names));
    const after = await untilLoaded(site, before);
    strictEqual(after.configuration.applied, restarts ? "start" : "in_place", `round ${round}`);
    strictEqual(after.configuration.problem, undefined);
  }
  isOver = true;
  await Promise.all(callers);
  strictEqual(failures.inPlace, 0, "what is applied in place makes nobody come again");
  ok(gapMs < 10_000, `${gapMs} ms`);
  await until("all answers", async () => {
    const { turns } = await statusOf(site);
    return turns.queued + turns.running === 0;
  });
  let questions = 0;
  for (const [conversation, { id, count }] of sessions) {
    const messages = await messagesOf(site, id);
    const asked = messages.filter(({ author }) => author === "person").map(({ text }) => text);
    deepStrictEqual(
      asked,
      Array.from({ length: count }, (_, index) => `Question ${index + 1}`).slice(-asked.length),
      conversation,
    );
    strictEqual(messages.filter(({ author }) => author === "assistant").length, asked.length, "each has one answer");
    questions += count;
  }
  ok(questions >= 50);
  console.log(`${questions} questions through 20 changes; the longest wait ${gapMs} ms`);
});

const bad: [name: string, text: (site: Site) => string | Uint8Array, said: RegExp][] = [
  [
    "an unknown key",
    (site) => yaml(site, "modell: {}"),
    /config\.yaml:1:1: modell: unknown key; did you mean "model"\?/,
  ],
  ["what isn't YAML", () => "web: {", /config\.yaml:\d+:\d+: /],
  ["bytes that aren't text", () => new Uint8Array([0xff, 0xfe, 0x00]), /UTF-8/],
  [
    "a file that is too large",
    () => `# ${"x".repeat(1_100_000)}\n`,
    /config\.yaml:1:1: found a file of more than 1 MiB/,
  ],
  ["a right that it must not give", (site) => yaml(site, "storage: { path: config.yaml }"), /storage\.path/],
  ["a listener for others without TLS", () => 'web: { listen: "0.0.0.0:1" }', /web\.listen/],
];

Deno.test("a bad file changes nothing and says why, also across a crash of the host", async (t) => {
  await using site = await startSite({ main: scripted });
  await site.untilListening();
  let hosts = site.pids("host");
  for (const [name, text, said] of bad) {
    await t.step(name, async () => {
      put(site, text(site));
      await untilRefused(site, said);
      match(site.stderr(), said, "it stands on the launcher's stderr");
      const result = await reload(site);
      strictEqual(result.code, 1, result.stdout);
      match(result.stderr, /^Refused; the configuration before stays in force:\n/);
      match(result.stderr, said);
      deepStrictEqual(site.pids("host"), hosts, "the same host");
      put(site, yaml(site, ""));
      await until("the problem is over", async () => (await statusOf(site)).configuration.problem === undefined);
      deepStrictEqual(site.pids("host"), hosts);
    });
  }
  await t.step("a file that is gone", async () => {
    Deno.removeSync(configPath(site));
    await untilRefused(site, /there is no file/);
    Deno.kill(hosts[0]!, "SIGKILL");
    await site.untilStarted("host", hosts);
    await site.untilListening();
    hosts = site.pids("host");
    match(
      (await statusOf(site)).configuration.problem!.lines.join(),
      /there is no file/,
      "the next host knows it, too",
    );
    strictEqual((await post(site, "c", "1")).status, 202, "the old one is in force");
  });
  await t.step("an address that can't be listened on: it goes on with the one before", async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    put(site, `web: { listen: "127.0.0.1:${taken.addr.port}" }\n`);
    await untilRefused(site, /^Cannot listen on 127\.0\.0\.1:\d+: the port is in use/);
    await site.untilReady();
    strictEqual((await post(site, "c", "2")).status, 202);
  });
  await t.step("when it is free, asking once more brings it into force", async () => {
    const wanted = yaml(site, "", "names: [a.local]");
    put(site, wanted);
    const result = await reload(site);
    strictEqual(result.code, 0, result.stderr);
    strictEqual((await statusOf(site)).configuration.problem, undefined);
  });
});

Deno.test("config reload says what became of it", async () => {
  await using site = await startSite({ main: scripted });
  await site.untilListening();
  deepStrictEqual(await reload(site), { code: 0, stdout: "Nothing has changed.\n", stderr: "" });
  const changes = [
    ["log: { level: error }", "Applied in place.", "in_place"],
    ["model: { keep_alive: 1 h }", "Applied; the assistant was restarted for it.", "start"],
  ] as const;
  for (const [text, said, applied] of changes) {
    const before = await statusOf(site);
    put(site, yaml(site, text));
    const { stdout, ...rest } = await reload(site);
    deepStrictEqual(rest, { code: 0, stderr: "" });
    const { configuration } = await untilLoaded(site, before);
    deepStrictEqual([configuration.applied, configuration.problem], [applied, undefined]);
    // Where the command takes long to start, the launcher has noticed the change by itself.
    ok([`${said}\n`, "Nothing has changed.\n"].includes(stdout), stdout);
  }
});

Deno.test("however an editor writes it, a change is seen once it is whole", async () => {
  await using site = await startSite({ main: scripted });
  await site.untilListening();
  const path = configPath(site);
  const ways: [name: string, write: (text: string) => void][] = [
    ["in place", (text) => Deno.writeTextFileSync(path, text)],
    ["another file renamed over it", (text) => put(site, text)],
    ["the old one renamed away, then written anew", (text) => {
      Deno.renameSync(path, `${path}~`);
      Deno.writeTextFileSync(path, text);
    }],
    ["emptied, then written", (text) => {
      Deno.truncateSync(path);
      Deno.writeTextFileSync(path, text);
    }],
    ["a link to another file", (text) => {
      Deno.writeTextFileSync(`${path}.there`, text);
      Deno.removeSync(path);
      Deno.symlinkSync(`${path}.there`, path);
    }],
  ];
  for (const [index, [name, write]] of ways.entries()) {
    const before = await statusOf(site);
    write(yaml(site, `log: { files: ${index + 2} }`));
    const { configuration } = await untilLoaded(site, before);
    deepStrictEqual([configuration.applied, configuration.problem], ["in_place", undefined], name);
  }
});

Deno.test("a secret that changes in its file is taken up, and stands nowhere", async () => {
  const config = 'protocol: { discord: { token: "file:discord" } }';
  await using site = await startSite({ main: scripted, config });
  await site.untilListening();
  const health = async () => (await statusOf(site)).channels.discord;
  match(JSON.stringify(await health()), /secret file \\"discord\\" is missing/);
  Deno.writeTextFileSync(`${site.folder}/discord`, "");
  await until("the empty file", async () => /is empty/.test(JSON.stringify(await health())));
  Deno.writeTextFileSync(`${site.folder}/discord`, "planted-secret-of-discord\n");
  await until("the secret", async () => /isn't in this version yet/.test(JSON.stringify(await health())));
  ok(!site.stderr().includes("planted-secret-of-discord"));
});

Deno.test("an answer that runs when the host is started anew is finished, or asked again, never lost", async () => {
  await using site = await startSite({ main: slow });
  await site.untilListening();
  const hosts = site.pids("host");
  const { session_id } = await (await post(site, "c", "1")).json();
  put(site, yaml(site, "", "names: [a.local]"));
  await site.untilStarted("host", hosts);
  const answered = await until("the answer", async () => {
    const messages = await messagesOf(site, session_id);
    return messages.length >= 2 && messages;
  });
  deepStrictEqual(answered.map(({ text }) => text), ["Question 1", "The answer of the script."]);
});
