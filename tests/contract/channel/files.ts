import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Delivery, DeliveryResult, InboundFile, OutboundFile } from "../../../core/message/types.ts";
import type { Sink } from "../../../core/ports/channel.ts";
import { accepted, createIntake, guardMs, met, ready, type Stage, type Test, within, write } from "./stage.ts";
import type { WrittenFile } from "./under_test.ts";

const mb = 1_000_000;
/** Where whoever holds it whole is seen, below what platforms take. */
const largeBytes = 16 * mb;
const hostileNames = [
  "../../etc/passwd",
  "C:\\Windows\\system32\\cmd.exe",
  "invoice\u202Efdp.exe",
  'a"; filename="b.txt',
  "line\r\nX-Injected: yes\r\n\r\nbreak.txt",
  "<b>&amp;.html",
  `${"very-".repeat(60)}long.txt`,
];

/** Files both ways, and what is wrong with them. */
export function testFiles(test: Test): void {
  testInbound(test);
  testOutbound(test);
}

function testInbound(test: Test): void {
  const taken: readonly [what: string, file: WrittenFile, text: string][] = [
    ["a small file with a text beside it", { name: "reading.csv", content: bytesOf(1_000) }, "look at this"],
    ["a file without a text", { name: "photo of pump 3 🛠.bin", content: bytesOf(70_000) }, ""],
    ["an empty file", { name: "empty.txt", content: new Uint8Array() }, "nothing in it"],
    ["a large file", { name: "large.bin", content: bytesOf(largeBytes) }, ""],
    ["a file that is larger than was said", { name: "a", content: bytesOf(90_000), declaredBytes: 10 }, "small"],
    ["a file that is smaller than was said", { name: "b", content: bytesOf(10), declaredBytes: 90_000 }, "large"],
    ...hostileNames.map((name): [string, WrittenFile, string] => [
      `a file named ${JSON.stringify(name.slice(0, 40))}`,
      { name, content: bytesOf(100) },
      "careful",
    ]),
  ];
  for (const [what, file, text] of taken) {
    test(`hands over ${what}, as it is`, async (stage) => {
      const came = await filesOf(stage, { file, text }, async (inbound, signal) => {
        const content = await contentOf(inbound, signal);
        // Opened anew it is all there again: an intake that failed once reads it from its beginning.
        if (content.length < largeBytes) strictEqual(digest(await contentOf(inbound, signal)), digest(content));
        return content;
      });
      strictEqual(came.text, text);
      strictEqual(came.name, file.name);
      strictEqual(digest(came.content), digest(file.content));
      strictEqual(came.bytes, file.declaredBytes ?? file.content.length);
    }, "files in");
  }

  test(
    "hands a large file over as it is read, never whole in memory",
    async (stage) => {
      const file = { name: "large.bin", content: bytesOf(largeBytes) };
      await filesOf(stage, { file, text: "" }, async (inbound, signal) => {
        const before = stage.platform.carried!().in;
        for await (const _ of await inbound.open(signal)) break;
        const opened = await inbound.open(signal);
        const chunks = opened[Symbol.asyncIterator]();
        let bytes = (await chunks.next()).value!.length;
        // Who reads on without being asked has the time for it here.
        for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setTimeout(resolve, 2));
        const ahead = stage.platform.carried!().in - before;
        ok(ahead < largeBytes, `${ahead} bytes came while ${bytes} were read`);
        for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) bytes += next.value.length;
        strictEqual(bytes, largeBytes);
        return file.content;
      });
    },
    "files in",
    "network",
  );

  test(
    "ends reading a file at once when that is aborted",
    async (stage) => {
      const file = { name: "large.bin", content: bytesOf(largeBytes) };
      await filesOf(stage, { file, text: "" }, async (inbound, signal) => {
        const stop = new AbortController();
        const chunks = (await inbound.open(AbortSignal.any([signal, stop.signal])))[Symbol.asyncIterator]();
        await chunks.next();
        stop.abort();
        // What lay in buffers may still come; then it ends, by its end or by an error.
        const ended = (async () => {
          while ((await chunks.next()).done !== true);
        })();
        await within(guardMs, "reading ends", ended.catch(() => {}));
        return file.content;
      });
    },
    "files in",
    "network",
  );

  for (const kind of ["refuses", "fails", "cuts"] as const) {
    test(
      `rejects when the network ${kind} while a file is fetched, and offers its message again`,
      async (stage) => {
        const content = bytesOf(300_000);
        let tries = 0;
        const came = await filesOf(
          stage,
          { file: { name: "a.bin", content }, text: "once more" },
          async (file, signal) => {
            if (tries++ > 0) return await contentOf(file, signal);
            await stage.platform.fault!({ kind });
            try {
              await rejects(contentOf(file, signal));
            } finally {
              await stage.platform.fault!({ kind: "none" });
            }
            throw new Error("the file didn't come");
          },
        );
        strictEqual(tries, 2);
        strictEqual(digest(came.content), digest(content));
      },
      "files in",
      "network",
    );
  }
}

function testOutbound(test: Test): void {
  const sent: readonly [what: string, name: string, content: Uint8Array][] = [
    ["a small file", "report.csv", bytesOf(1_000)],
    ["a file with a name of other scripts", "отчёт 报告 🧾.txt", bytesOf(70_000)],
    [
      "a file whose bytes look like what carries it",
      "parts.txt",
      new TextEncoder().encode('--\r\n\r\n--a--\r\n{"ok":'),
    ],
    ["a large file", "large.bin", bytesOf(largeBytes)],
  ];
  for (const [what, name, content] of sent) {
    test(`delivers ${what}, byte for byte`, async (stage) => {
      const { conversation } = await met(stage);
      accepted(await stage.deliver(fileTo(conversation, fileOf(name, [content]))));
      const [shown, ...more] = stage.platform.shown!(conversation);
      strictEqual(more.length, 0);
      strictEqual(shown?.file?.name, name);
      strictEqual(digest(shown.file.content), digest(content));
    }, "files out");
  }

  for (const name of hostileNames) {
    test(`delivers a file named ${JSON.stringify(name.slice(0, 40))} whole, under one harmless line`, async (stage) => {
      const { conversation } = await met(stage);
      const content = bytesOf(100);
      accepted(await stage.deliver(fileTo(conversation, fileOf(name, [content]))));
      const { file } = stage.platform.shown!(conversation)[0]!;
      ok(file !== undefined && file.name.length > 0 && !/[\r\n]/.test(file.name), JSON.stringify(file?.name));
      strictEqual(digest(file.content), digest(content));
    }, "files out");
  }

  test("says as a value what becomes of an empty file", async (stage) => {
    const { conversation } = await met(stage);
    const result = await stage.deliver(fileTo(conversation, fileOf("empty.txt", [])));
    const shown = stage.platform.shown!(conversation);
    if (result.kind === "accepted") strictEqual(shown[0]?.file?.content.length, 0);
    else deepStrictEqual([result.kind, shown], ["refused", []]);
  }, "files out");

  test(
    "sends a large file as it is read, never whole in memory",
    async (stage) => {
      const { conversation } = await met(stage);
      const pieces = Array.from({ length: 16 }, () => bytesOf(mb));
      const before = stage.platform.carried!().out;
      let carried = 0;
      const file: OutboundFile = {
        ...fileOf("large.bin", pieces),
        async *open() {
          for (const [index, piece] of pieces.entries()) {
            if (index === pieces.length - 1) carried = stage.platform.carried!().out - before;
            yield piece;
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        },
      };
      accepted(await stage.deliver(fileTo(conversation, file)));
      ok(carried > 4 * mb, `only ${carried} bytes had left when the last of 16 MB was read`);
    },
    "files out",
    "network",
  );

  for (const [what, bytes] of [["fewer", 200_000], ["more", 50_000]] as const) {
    test(`ends with a value when a file has ${what} bytes than it says, and shows no part of one`, async (stage) => {
      const { conversation } = await met(stage);
      const content = bytesOf(100_000);
      const file = { ...fileOf("lied.bin", [content]), bytes };
      const result = await stage.deliver(fileTo(conversation, file));
      const shown = stage.platform.shown!(conversation);
      if (result.kind !== "accepted") return deepStrictEqual(shown, []);
      strictEqual(digest(shown[0]!.file!.content), digest(content));
    }, "files out");
  }

  test("shows no part of a file whose source broke off", async (stage) => {
    const { conversation } = await met(stage);
    const file: OutboundFile = {
      ...fileOf("broken.bin", [bytesOf(100_000)]),
      async *open() {
        yield bytesOf(50_000);
        throw new Error("the object is damaged");
      },
    };
    const result: DeliveryResult | "rejected" = await stage.deliver(fileTo(conversation, file)).catch(() => "rejected");
    ok(result === "rejected" || result.kind !== "accepted", JSON.stringify(result));
    deepStrictEqual(stage.platform.shown!(conversation), []);
  }, "files out");

  test(
    "stops sending a file at once when that is aborted, and shows no part of it",
    async (stage) => {
      const { conversation } = await met(stage);
      const stop = new AbortController();
      const file: OutboundFile = {
        ...fileOf("endless.bin", [bytesOf(largeBytes)]),
        async *open(signal) {
          yield bytesOf(mb);
          stop.abort();
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        },
      };
      const result = await stage.deliver(fileTo(conversation, file), stop.signal);
      strictEqual(result.kind, "unreachable", JSON.stringify(result));
      deepStrictEqual(stage.platform.shown!(conversation), []);
    },
    "files out",
    "network",
  );

  test(
    "opens a file anew for each try",
    async (stage) => {
      const { conversation } = await met(stage);
      const content = bytesOf(50_000);
      let opened = 0;
      const file: OutboundFile = {
        ...fileOf("twice.bin", [content]),
        async *open() {
          opened++;
          yield content;
        },
      };
      await stage.platform.fault!({ kind: "fails" });
      strictEqual((await stage.deliver(fileTo(conversation, file))).kind, "unreachable");
      await stage.platform.fault!({ kind: "none" });
      accepted(await stage.deliver(fileTo(conversation, file)));
      ok(opened >= 1);
      strictEqual(digest(stage.platform.shown!(conversation).at(-1)!.file!.content), digest(content));
    },
    "files out",
    "network",
  );
}

/** A person sends a file; `read` is what intake does with it before it commits. */
async function filesOf(
  stage: Stage,
  { file, text }: { readonly file: WrittenFile; readonly text: string },
  read: (file: InboundFile, signal: AbortSignal) => Promise<Uint8Array>,
): Promise<{ readonly name: string; readonly bytes?: number; readonly text: string; readonly content: Uint8Array }> {
  const intake = createIntake();
  let content: Uint8Array | undefined;
  const sink: Sink = async (message) => {
    const [inbound, ...more] = message.files ?? [];
    strictEqual(more.length, 0);
    ok(inbound !== undefined, "the message has its file");
    content = await read(inbound, AbortSignal.timeout(guardMs));
    return await intake.sink(message);
  };
  await ready(stage, { ...intake, sink });
  let told: string | undefined;
  const written = write(stage, { key: "with a file", text, files: [file] }).then((result) => told = result);
  await stage.pass("the message is taken in", () => told !== undefined);
  strictEqual(await written, "acknowledged");
  const message = intake.taken.at(-1)!;
  return { ...message.files![0]!, text: message.text, content: content! };
}

async function contentOf(file: InboundFile, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await file.open(signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function fileOf(name: string, chunks: readonly Uint8Array[]): OutboundFile {
  return {
    name,
    mediaType: "application/octet-stream",
    bytes: chunks.reduce((sum, { length }) => sum + length, 0),
    async *open() {
      yield* chunks;
    },
  };
}

function fileTo(conversation: string, file: OutboundFile): Delivery {
  return { kind: "file", id: `f-${crypto.randomUUID()}`, conversation, file, mayBeDuplicate: false };
}

/** Bytes without a pattern that a shift or a swap would keep. */
function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = length + 1; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
