import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as v from "valibot";
import { type Config, configSchema } from "../schema/config.ts";
import { seeded } from "../tests/seeded.ts";
import { splitGolden } from "../tests/golden.ts";
import { configBytesMax, formatProblem, parseConfig, problemsMax, protocolOutcomes } from "./config.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What people read; empty when the configuration is right. */
function problemsOf(source: string | Uint8Array): string[] {
  const parsed = parseConfig(source, "config.yaml");
  return parsed.kind === "refused" ? parsed.problems.map(formatProblem) : [];
}

function configOf(source: string | Uint8Array): Config {
  const parsed = parseConfig(source, "config.yaml");
  if (parsed.kind === "refused") throw new Error(parsed.problems.map(formatProblem).join("\n"));
  return parsed.config;
}

/** All golden inputs: right ones and wrong ones. */
const folder = new URL("../tests/golden/config/", import.meta.url);
const samples = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1).map(({ name }) =>
  splitGolden(Deno.readTextFileSync(new URL(name, folder))).input
);

Deno.test("parseConfig() reads bytes with and without a byte order mark alike", () => {
  const text = "web:\n  listen: 127.0.0.1:9000\n";
  for (const source of [text, `\ufeff${text}`, bytes(text), bytes(`\ufeff${text}`), text.replaceAll("\n", "\r\n")]) {
    strictEqual(configOf(source).web.listen.port, 9_000);
  }
  deepStrictEqual(problemsOf(bytes("\ufefflogs: {}")), ['config.yaml:1:1: logs: unknown key; did you mean "log"?']);
});

Deno.test("parseConfig() names line and column of the first byte that isn't UTF-8", () => {
  const says = (line: number, column: number) => [
    `config.yaml:${line}:${column}: found bytes that aren't UTF-8, expected a text file in UTF-8`,
  ];
  deepStrictEqual(problemsOf(new Uint8Array([0xff, 0xfe, 0x77, 0x00])), says(1, 1));
  deepStrictEqual(problemsOf(new Uint8Array([...bytes("# 配置\nlog: "), 0xc3, 0x28, 0x0a])), says(2, 6));
  deepStrictEqual(problemsOf(bytes("log: {} # 语").subarray(0, -1)), says(1, 11));
});

Deno.test("parseConfig() refuses a file of more than 1 MiB before reading it", () => {
  const long = "#".repeat(configBytesMax);
  deepStrictEqual(problemsOf(long), []);
  const says = ["config.yaml:1:1: found a file of more than 1 MiB, expected a shorter one"];
  deepStrictEqual(problemsOf(`${long}#`), says);
  deepStrictEqual(problemsOf(bytes(`${long}#`)), says);
});

Deno.test("parseConfig() refuses what is nested without end, however it is written", () => {
  const deep = [
    `protocol: { mqtt: { a: ${"[".repeat(100_000)}${"]".repeat(100_000)} } }`,
    `protocol: { mqtt: { a: ${"[".repeat(40)}${"]".repeat(40)} } }`,
    "a: &a [*a, *a, *a, *a, *a, *a, *a, *a, *a]",
    `protocol: { mqtt: { ${"a: {".repeat(40)}${"}".repeat(40)} } }`,
  ];
  for (const text of deep) {
    const [problem = ""] = problemsOf(text);
    ok(problem.includes("lists or mappings too deep in one another"), problem);
  }
});

Deno.test("parseConfig() tells no more problems than a person can read", () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `key_${index}: 1`).join("\n");
  strictEqual(problemsOf(many).length, problemsMax);
});

Deno.test("parseConfig() never repeats what may be a secret", () => {
  const secret = "1234:AAverysecret";
  const wrong = [
    `protocol: ${secret}`,
    `protocol: [${secret}]`,
    `protocol:\n  telegram: "${secret}"`,
    `protocol:\n  telegram: ["${secret}"]`,
    `protocol:\n  telegram: { token: 99887766 }`,
    `protocol:\n  telegram: { token: *${secret} }`,
    `protocol:\n  telegram: { token: !${secret} x }`,
    `protocol:\n  telegram: { token: |${secret} }`,
    `protocol:\n  telegram:\n    token: |${secret}\n`,
    `protocol:\n  telegram:\n    token: "${secret}\n`,
    `protocol:\n  telegram:\n    token: @${secret}\n`,
    `protocol:\n  telegram:\n    token: "${secret}" ${secret}\n`,
    `protocol:\n  telegram: { token: "${secret}", `,
    `protocol:\n  telegrm: { token: "${secret}" }`,
    `protocol:\n  telegram: { token: "${secret}" }\nlogs: {}`,
    `plugins: { pump: { grant: { secrets: "${secret}" } } }`,
    `plugins: { pump: { grant: { secrets: ["${secret}"] } } }`,
    `plugins: { pump: { grant: { secrets: { api: "${secret}" } } } }`,
    `plugins: { pump: { grant: { secrets: { api: { secret: ["${secret}"] } } } } }`,
    `plugins: { pump: { grant: { secrets: { api: { secret: "file:", host: "${secret}", header: "${secret} " } } } } }`,
    `devices: { broker: { type: mqtt, address: a, password: { is: "${secret}" }, tags: {} } }`,
    `devices: { broker: { type: mqtt, address: a, pasword: "${secret}", tags: {} } }`,
  ];
  for (const text of wrong) {
    const problems = problemsOf(text);
    ok(problems.length > 0, text);
    ok(!/verysecret|99887766/.test(problems.join("\n")), problems.join("\n"));
  }
  const parsed = parseConfig(`protocol:\n  email: { password: "${secret}", imap: { auth_token: "${secret}" } }`, "c");
  ok(parsed.kind === "parsed");
  ok(!JSON.stringify(parsed).includes("verysecret"));
  ok(!Deno.inspect(parsed, { depth: 20 }).includes("verysecret"));
  deepStrictEqual(
    parsed.secrets.map(({ reference }) => reference.kind === "literal" && reference.value.reveal()),
    [secret, secret],
  );
});

Deno.test("parseConfig() takes for a secret what is one, and not what only bears such a name", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const parsed = parseConfig(
    `
plugins:
  token:
    digest: "${digest}"
    grant:
      kv: { quota: 1 MB }
      secrets: { password: { secret: "file:a", host: "https://a.example", header: x-key, format: "{}" } }
devices:
  secret:
    type: mqtt
    address: "127.0.0.1:1883"
    user: key
    password: "env:B"
    tags: { key: { topic: token, unit: secret } }
`,
    "c",
  );
  ok(parsed.kind === "parsed", JSON.stringify(parsed));
  deepStrictEqual(parsed.secrets.map(({ pointer }) => pointer.join("/")), [
    "plugins/token/grant/secrets/password/secret",
    "devices/secret/password",
  ]);
  const { token } = parsed.config.plugins;
  strictEqual(token?.digest, "0".repeat(64));
  deepStrictEqual((token?.grant.secrets as Record<string, unknown>).password, {
    secret: { secret: "/plugins/token/grant/secrets/password/secret" },
    host: "https://a.example",
    header: "x-key",
    format: "{}",
  });
});

Deno.test("parseConfig() gives a document that makes the same configuration without YAML", () => {
  let count = 0;
  for (const sample of samples) {
    const parsed = parseConfig(sample, "config.yaml");
    if (parsed.kind === "refused") continue;
    count += 1;
    deepStrictEqual(v.parse(configSchema, JSON.parse(JSON.stringify(parsed.document))), parsed.config);
  }
  ok(count >= 5);
});

Deno.test("parseConfig() gives what nobody can change", () => {
  const config = configOf("protocol: { mqtt: { topics: [a] } }");
  throws(() => Object.assign(config.web.listen, { hostname: "0.0.0.0" }), TypeError);
  throws(() => (config.protocol.mqtt!.topics as string[]).push("b"), TypeError);
});

Deno.test("parseConfig() means 10⁹ bytes by GB and 2³⁰ by GiB", () => {
  const limit = (text: string) => configOf(`model: { memory_limit: ${text} }`).model.memoryLimitBytes;
  strictEqual(limit("3 GB"), 3e9);
  strictEqual(limit("3GB"), 3e9);
  strictEqual(limit("1.5 GiB"), 1.5 * 2 ** 30);
  strictEqual(limit("100000000"), 1e8);
});

Deno.test("protocolOutcomes() names what the owner can mend first", () => {
  const { protocol } = configOf("protocol:\n  telegram: { token: t }\n  discord: {}\n  mqtt: { password: 'file:p' }");
  const value = { kind: "failed", reason: 'secret file "p" is missing' } as const;
  deepStrictEqual(protocolOutcomes({ protocol }, { "/protocol/mqtt/password": value }, []), {
    telegram: { kind: "failed", reason: "token not resolved" },
    discord: { kind: "failed", reason: "token missing" },
    mqtt: { kind: "failed", reason: 'secret file "p" is missing' },
  });
});

// Goal: whatever stands in the file, the answer is a configuration or problems that point into the file; nothing
// throws. Method: golden inputs, cut, spliced and sprinkled with YAML's own characters.
seeded("parseConfig() answers every mutation of a configuration", (random) => {
  const pick = <T>(from: ArrayLike<T>): T => from[Math.floor(random() * from.length)]!;
  const odd = [
    "\t",
    "\n",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!",
    "|",
    ">",
    '"',
    "'",
    "#",
    "\0",
    "\ud800",
    "?",
  ];
  let text = pick(samples);
  for (let change = random() * 5; change > 0; change--) {
    const at = Math.floor(random() * text.length);
    const [before, after] = [text.slice(0, at), text.slice(at)];
    text = pick([before, before + pick(odd) + after, before + pick(samples) + after, before + after.slice(3)]);
  }
  const parsed = parseConfig(random() < 0.5 ? text : bytes(text), "config.yaml");
  if (parsed.kind === "parsed") return;
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (const problem of parsed.problems) {
    const line = lines[problem.line - 1];
    ok(
      line !== undefined && problem.column >= 1 && problem.column <= line.length + 1,
      `${formatProblem(problem)}\n${JSON.stringify(text)}`,
    );
    // deno-lint-ignore no-control-regex
    ok(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(formatProblem(problem)), JSON.stringify(formatProblem(problem)));
  }
});
