import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { local, type Scene, startScene } from "../tests/clawdbot_scene.ts";
import { seeded } from "../tests/seeded.ts";
import type { InboundFile } from "./message/types.ts";

const never: AbortSignal = new AbortController().signal;
const utf8 = (text: string) => new TextEncoder().encode(text);

async function upload(scene: Scene, name: string, content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? utf8(content) : content;
  const pieces = (async function* () {
    yield bytes;
  })();
  const result = await scene.clawdbot.attachments.upload(local, { name }, pieces, never);
  ok(result.kind === "uploaded", JSON.stringify(result));
  return result.attachment.id;
}

const pdf = "%PDF-1.7 binary";
const lines = (count: number, word = "line") => Array.from({ length: count }, (_, n) => `${word} ${n}\n`).join("");
const start = (contextTokens = 2_000, pieces = ["ok"]) => startScene(() => ({ pieces }), { info: { contextTokens } });
const lastOf = (scene: Scene) => scene.requests.at(-1)!.messages.at(-1)!.content;
/** What the scripted engine counts. */
const tokensOf = (text: string) => text.split(/\s+/).filter((word) => word !== "").length;

async function filesInContext(scene: Scene, turnId: string) {
  const told = await scene.clawdbot.assistant.context(local, { turnId });
  ok(told.kind === "context", JSON.stringify(told));
  return { context: told.context, files: told.context.messages.map(({ files = [] }) => files) };
}

Deno.test("a text file stands whole before the words it came with, and is counted", async () => {
  const scene = await start();
  const attachmentIds = [await upload(scene, "plan.txt", "Pump 4 stops\r\nat noon")];
  const { turnId } = await scene.ask("When does it stop?", "main", { attachmentIds });
  strictEqual(
    lastOf(scene),
    '[File "plan.txt"]\nPump 4 stops\nat noon\n[End of file "plan.txt"]\n\nWhen does it stop?',
  );
  const { context, files } = await filesInContext(scene, turnId);
  strictEqual(files.at(-1)!.length, 1);
  const { tokens, ...file } = files.at(-1)![0]!;
  deepStrictEqual(file, { name: "plan.txt", bytesLeftOut: 0 });
  ok(tokens >= tokensOf(lastOf(scene)) - tokensOf("When does it stop?"));
  ok(context.messages.at(-1)!.tokens > tokens);
});

Deno.test("a file that is too long is cut behind a line, and it is said how much was left out", async () => {
  const scene = await start();
  const content = lines(5_000);
  const { turnId } = await scene.ask("Read", "main", { attachmentIds: [await upload(scene, "log.txt", content)] });
  const given = lastOf(scene);
  match(given, /^\[Beginning of file "log\.txt"\]\nline 0\nline 1\n/);
  const [, cut] = /\n\[Here "log\.txt" is cut: (.* KB of .* KB) are left out\]\n\nRead$/.exec(given) ?? [];
  ok(cut !== undefined, given.slice(-200));
  const kept = given.split("\n").filter((line) => /^line \d+$/.test(line));
  const { files } = await filesInContext(scene, turnId);
  strictEqual(files.at(-1)![0]!.bytesLeftOut, content.length - kept.join("\n").length - 1);
  // Most of the room was used: the prompt has 2,000 tokens less a quarter for the answer.
  ok(tokensOf(given) > 1_200 && tokensOf(given) <= 1_500, `${tokensOf(given)}`);
});

Deno.test("several files share the room: small ones come whole, the larger ones what is left", async () => {
  const scene = await start();
  const attachmentIds = [
    await upload(scene, "large.txt", lines(5_000, "large")),
    await upload(scene, "small.txt", lines(20, "small")),
    await upload(scene, "other.txt", lines(5_000, "other")),
  ];
  await scene.ask("Read", "main", { attachmentIds });
  const given = lastOf(scene);
  ok(
    given.indexOf('"large.txt"') < given.indexOf('"small.txt"') &&
      given.indexOf('"small.txt"') < given.indexOf('"other.txt"'),
  );
  ok(given.includes('small 19\n[End of file "small.txt"]'));
  const count = (word: string) => given.split("\n").filter((line) => line.startsWith(`${word} `)).length;
  ok(count("large") > 200 && count("other") > 200, `${count("large")} ${count("other")}`);
});

Deno.test("a following question still has the file, cut at the same end, and the newest message's files come first", async () => {
  const scene = await start();
  const first = await scene.ask("Read", "main", {
    attachmentIds: [await upload(scene, "old.txt", lines(5_000, "old"))],
  });
  await scene.ask("And what does it say?", "main");
  const earlier = scene.requests.at(-1)!.messages.find(({ role }) => role === "user")!.content;
  match(earlier, /^\[Beginning of file "old\.txt"\]\nold 0\nold 1\n/);
  await scene.ask("And this?", "main", { attachmentIds: [await upload(scene, "new.txt", lines(5_000, "new"))] });
  const messages = scene.requests.at(-1)!.messages;
  const count = (word: string) =>
    messages.flatMap(({ content }) => content.split("\n")).filter((line) => line.startsWith(`${word} `)).length;
  ok(count("new") > 500, `${count("new")}`);
  ok(count("old") < 100, `${count("old")}`);
  strictEqual(first.sessionId.length > 0, true);
});

Deno.test("what can't be read is said first, by the system, in the person's language; the model is told its name only", async () => {
  for (
    const [locale, said] of [["en", "I can't read `report.pdf` yet: so far I read text files only."], [
      "zh-CN",
      "我还不能读取 `report.pdf`：目前只能读取文本文件。",
    ]] as const
  ) {
    const scene = await start();
    const attachmentIds = [await upload(scene, "report.pdf", pdf)];
    const { sessionId, turnId } = await scene.ask("Hello", "main", { attachmentIds, locale });
    deepStrictEqual(await scene.texts(sessionId), ["person: Hello", `assistant: ${said}\n\nok`]);
    strictEqual(
      lastOf(scene),
      `[File "report.pdf", application/pdf: its content can't be read here, and the person knows]\n\nHello`,
    );
    const { files } = await filesInContext(scene, turnId);
    strictEqual(files.at(-1)![0]!.isUnreadable, true);
  }
});

Deno.test("a message of nothing but what can't be read gets that sentence, and the model isn't asked", async () => {
  const scene = await start();
  const attachmentIds = [
    await upload(scene, "a.pdf", pdf),
    await upload(scene, "b`*.png", Uint8Array.of(0x89, 0x50, 0, 1)),
  ];
  const { sessionId } = await scene.ask("", "main", { attachmentIds });
  deepStrictEqual(await scene.texts(sessionId), [
    "person: ",
    "assistant: I can't read these files yet: `a.pdf`, `b'_.png`. So far I read text files only.",
  ]);
  strictEqual(scene.requests.length, 0);
  strictEqual((await scene.store.read((tx) => tx.find("turns", {})))[0]!.state, "answered");
});

Deno.test("a text file without words is answered, and the model is told so", async () => {
  const scene = await start();
  await scene.ask(" \n", "main", { attachmentIds: [await upload(scene, "a.txt", "hello")] });
  match(lastOf(scene), /^\[File "a\.txt"\]\nhello\n\[End of file "a\.txt"\]\n\nThe person sent this without a word\./);
});

Deno.test("what was too large, too many or never given is said, and the words are answered", async () => {
  const scene = await start();
  const file = (name: string, content: string | undefined, bytes?: number): InboundFile => ({
    name,
    ...(bytes === undefined ? {} : { bytes }),
    open: async () => {
      if (content === undefined) throw new Error("away");
      return (async function* () {
        yield utf8(content);
      })();
    },
  });
  const files = [
    file("big.bin", "x", 3_000_000),
    file("lost.txt", undefined),
    ...Array.from({ length: 9 }, (_, n) => file(`${n}.txt`, `${n}`)),
  ];
  const message = {
    account: "local",
    conversation: "main",
    platformId: "1",
    text: "Hello",
    locale: "en",
    files,
  } as const;
  for (let n = 0; n < 4; n++) await scene.terminal.submit(message).catch(() => {});
  const result = await scene.terminal.submit(message);
  ok(result.kind === "accepted");
  await scene.rest();
  const [, answer] = await scene.texts(result.sessionId);
  deepStrictEqual(answer!.split("\n\n"), [
    "assistant: I couldn't take `big.bin`: a file may have at most 1 MB.",
    "I couldn't fetch `lost.txt` from where it was sent. Send it again if it matters.",
    "I took the first 10 files of the message, and not these: `8.txt`.",
    "ok",
  ]);
});

Deno.test("a file that was damaged on the disk is said to be, with words and without", async () => {
  const scene = await start();
  const first = await upload(scene, "a.txt", "one");
  const second = await upload(scene, "b.txt", "two");
  for (const content of scene.objects.backing.values()) content[0]! ^= 1;
  const said = (name: string) => `\`${name}\` can't be read from the disk any more: it is damaged or gone.`;
  const { sessionId } = await scene.ask("Hello", "main", { attachmentIds: [first] });
  deepStrictEqual((await scene.texts(sessionId))[1], `assistant: ${said("a.txt")}\n\nok`);
  const asked = scene.requests.length;
  const other = await scene.ask("", "other", { attachmentIds: [second] });
  deepStrictEqual((await scene.texts(other.sessionId))[1], `assistant: ${said("b.txt")}`);
  strictEqual(scene.requests.length, asked);
});

Deno.test("a file in another encoding is read as far as it can be, or said not to be text", async () => {
  const scene = await start();
  const mostly = Uint8Array.from([...utf8("a".repeat(150)), 0xe4, 0x0a]);
  const gbk = Uint8Array.of(0xc9, 0xe8, 0xb1, 0xb8, 0xb1, 0xed);
  const attachmentIds = [await upload(scene, "mostly.txt", mostly), await upload(scene, "gbk.txt", gbk)];
  const { sessionId } = await scene.ask("Hello", "main", { attachmentIds });
  ok(lastOf(scene).includes(`${"a".repeat(150)}\ufffd\n`));
  ok((await scene.texts(sessionId))[1]!.includes("I can't read `gbk.txt` yet"));
});

Deno.test("nothing of an erased conversation's file is kept", async () => {
  const scene = await start();
  const attachmentIds = [await upload(scene, "a.txt", "hello")];
  const { sessionId } = await scene.ask("Read", "main", { attachmentIds });
  await scene.ask("Again", "main");
  ok(scene.requests.at(-1)!.messages.some(({ content }) => content.includes("hello")));
  await scene.clawdbot.assistant.removeSession(local, sessionId);
  await scene.rest(25 * 3_600_000 + 3_700_000);
  strictEqual(scene.objects.backing.size, 0);
});

// Goal: whatever files a question brings, its prompt fits, or it is said that the words don't. Method: files of any size,
// number and shape, in contexts of any size.
seeded("a prompt with files never has more tokens than were kept for it", async (random) => {
  const contextTokens = Math.floor(300 + random() * 3_000);
  const scene = await start(contextTokens);
  for (let turn = 0; turn < 3; turn++) {
    const attachmentIds: string[] = [];
    for (let n = Math.floor(random() * 4); n > 0; n--) {
      const long = Math.floor(random() ** 2 * 20_000);
      const shape = random();
      const content = shape < 0.4 ? lines(long / 10) : shape < 0.7 ? "word ".repeat(long / 5) : "字".repeat(long);
      attachmentIds.push(await upload(scene, `${turn}-${n}.txt`, content));
    }
    await scene.ask("one two three", "main", { attachmentIds });
    const tokens = scene.requests.at(-1)!.messages.reduce((sum, { content }) => sum + tokensOf(content) + 8, 0);
    ok(tokens <= contextTokens - Math.min(1_024, Math.floor(contextTokens / 4)), `${tokens} of ${contextTokens}`);
  }
}, { runs: 60, long: 1_000 });
