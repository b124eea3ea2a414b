import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createMemoryObjects } from "../adapters/objects/memory.ts";
import { local, type Scene, startScene } from "../tests/clawdbot_scene.ts";
import { concat } from "../tests/package_index.ts";
import { seeded } from "../tests/seeded.ts";
import { mergePolicy, type Principal } from "./access.ts";
import { attachmentsOf } from "./attachments/rows.ts";
import type { OpenedAttachment, Uploaded } from "./attachments.ts";
import type { InboundFile } from "./message/types.ts";
import { ObjectError } from "./ports/objects.ts";
import { StoreError } from "./ports/store.ts";

const never: AbortSignal = new AbortController().signal;
const utf8 = (text: string) => new TextEncoder().encode(text);
const stranger: Principal = { kind: "identity", id: "somebody-else", owner: false, accounts: [] };
const dayMs = 24 * 3_600_000;

async function* from(...pieces: (Uint8Array | string | Error)[]) {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield typeof piece === "string" ? utf8(piece) : piece;
  }
}

function upload(scene: Scene, name: string, ...pieces: (Uint8Array | string | Error)[]): Promise<Uploaded> {
  return scene.clawdbot.attachments.upload(local, { name }, from(...pieces), never);
}

/** Uploads what is taken in, and gives its id. */
async function uploaded(scene: Scene, name: string, ...pieces: (Uint8Array | string)[]): Promise<string> {
  const result = await upload(scene, name, ...pieces);
  ok(result.kind === "uploaded", JSON.stringify(result));
  return result.attachment.id;
}

async function open(scene: Scene, id: string, principal: Principal = local): Promise<OpenedAttachment> {
  const opened = await scene.clawdbot.attachments.open(principal, id, never);
  ok(opened.kind === "open", JSON.stringify(opened));
  return opened;
}

async function read(scene: Scene, id: string): Promise<string> {
  return new TextDecoder().decode(concat(await Array.fromAsync((await open(scene, id)).content)));
}

/** A file that a platform gives. */
function file(name: string, ...pieces: (Uint8Array | string | Error)[]): InboundFile {
  return { name, open: async () => from(...pieces) };
}

const answer = () => ({ pieces: ["ok"] });
const rowsOf = (scene: Scene, table: "attachments" | "objects") => scene.store.read((tx) => tx.find(table, {}));

async function filesOf(scene: Scene, sessionId: string) {
  const history = await scene.clawdbot.assistant.history(local, sessionId);
  ok(history.kind === "history");
  return history.messages.map(({ attachments }) =>
    attachments.map(({ name, problem = "here" }) => `${name} ${problem}`)
  );
}

Deno.test("an upload can be read back by who brought it, and by nobody else", async () => {
  const scene = await startScene(answer);
  const id = await uploaded(scene, "../../notes.txt", "hello ", "工厂");
  strictEqual(await read(scene, id), "hello 工厂");
  const { attachment } = await open(scene, id);
  deepStrictEqual(attachment, { id, name: "notes.txt", mediaType: "text/plain", bytes: 12 });
  const { attachments } = scene.clawdbot;
  strictEqual((await attachments.open(stranger, id, never)).kind, "refused");
  strictEqual((await attachments.discard(stranger, id)).kind, "refused");
  strictEqual((await attachments.open(local, "no-such-id", never)).kind, "refused");
});

Deno.test("a channel is given a file to send, anew for each try, until its content is gone", async () => {
  const scene = await startScene(answer);
  const { attachments } = scene.clawdbot;
  const id = await uploaded(scene, "a.txt", "content");
  const given = (await attachments.outbound(id))!;
  deepStrictEqual([given.name, given.mediaType, given.bytes], ["a.txt", "text/plain", 7]);
  for (let n = 0; n < 2; n++) deepStrictEqual(concat(await Array.fromAsync(given.open(never))), utf8("content"));
  await attachments.discard(local, id);
  strictEqual(await attachments.outbound(id), undefined);
});

Deno.test("who may not chat may not upload, and nothing of it is read", async () => {
  const denies = mergePolicy({ rules: [{ effect: "deny", resources: ["chat"] }] });
  const scene = await startScene(answer, { policy: () => denies });
  const untouched = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("read")) }) };
  const result = await scene.clawdbot.attachments.upload(local, { name: "a" }, untouched, never);
  deepStrictEqual(result.kind, "refused");
});

Deno.test("what lies on the disk and in the database shows nothing of a file", async () => {
  const scene = await startScene(answer);
  await uploaded(scene, "secret-name.txt", "a planted secret", new Uint8Array(200_000).fill(65));
  const stored = [...scene.objects.backing].map(([name, content]) => name + new TextDecoder("latin1").decode(content));
  const rows = [...await rowsOf(scene, "attachments"), ...await rowsOf(scene, "objects")].flatMap(Object.values)
    .map((value) => value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : String(value));
  for (const text of [...stored, ...rows]) ok(!/planted|secret-name|AAAAAAAA/.test(text));
});

Deno.test("the same content lies there once, however often it is brought, and goes with the last", async () => {
  const scene = await startScene(answer);
  const ids = await Promise.all([1, 2, 3, 4].map((n) => uploaded(scene, `${n}.txt`, "the ", "same")));
  strictEqual(scene.objects.backing.size, 1);
  strictEqual((await rowsOf(scene, "objects")).length, 1);
  for (const id of ids.slice(1)) await scene.clawdbot.attachments.discard(local, id);
  strictEqual(await read(scene, ids[0]!), "the same");
  await scene.clawdbot.attachments.discard(local, ids[0]!);
  strictEqual(scene.objects.backing.size, 0);
  strictEqual((await rowsOf(scene, "objects")).length, 0);
  strictEqual((await rowsOf(scene, "attachments")).length, 0);
});

Deno.test("a file that is too large is refused while it comes, and leaves nothing", async () => {
  const scene = await startScene(answer, { fileBytesMax: 1_000 });
  let given = 0;
  async function* endless() {
    for (;; given++) yield new Uint8Array(400);
  }
  const result = await scene.clawdbot.attachments.upload(local, { name: "a" }, endless(), never);
  deepStrictEqual(result, { kind: "too-large", bytesMax: 1_000 });
  ok(given <= 3);
  strictEqual((await upload(scene, "b", new Uint8Array(1_000))).kind, "uploaded");
  strictEqual((await upload(scene, "c", new Uint8Array(1_001))).kind, "too-large");
  strictEqual(scene.objects.backing.size, 1);
});

Deno.test("an upload that breaks off, stands still or takes for ever is ended, and leaves nothing", async () => {
  const scene = await startScene(answer);
  const { attachments } = scene.clawdbot;
  strictEqual((await upload(scene, "a", "half", new Error("gone"))).kind, "broken");

  const still = attachments.upload(local, { name: "b" }, {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  }, never);
  await scene.rest(31_000);
  strictEqual((await still).kind, "broken");

  let given = 0;
  async function* drip() {
    for (;; given++) {
      await scene.clock.sleep(20_000, never);
      yield utf8("x");
    }
  }
  const slow = attachments.upload(local, { name: "c" }, drip(), never);
  await scene.rest(700_000);
  strictEqual((await slow).kind, "broken");
  ok(given <= 31, `${given}`);

  const leaving = new AbortController();
  const left = attachments.upload(local, { name: "d" }, {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
  }, leaving.signal);
  leaving.abort(new Error("left"));
  await rejects(left, /left/);
  strictEqual(scene.objects.backing.size, 0);
  strictEqual((await rowsOf(scene, "attachments")).length, 0);
});

Deno.test("one person uploads so many at once, and so much that isn't sent", async () => {
  const scene = await startScene(answer, { fileBytesMax: 1_000 });
  const { attachments } = scene.clawdbot;
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const waiting = gates.map(({ promise }, n) =>
    attachments.upload(
      local,
      { name: `${n}` },
      (async function* () {
        await promise;
        yield Uint8Array.of(n);
      })(),
      never,
    )
  );
  strictEqual((await upload(scene, "one more", "x")).kind, "busy");
  gates.forEach(({ resolve }) => resolve());
  for (const result of await Promise.all(waiting)) strictEqual(result.kind, "uploaded");
  for (let n = 4; n < 30; n++) await uploaded(scene, `${n}`, `${n}`);
  strictEqual((await upload(scene, "the 31st", "x")).kind, "quota");
  await scene.rest(dayMs + 3_700_000);
  strictEqual(scene.objects.backing.size, 0);
  for (let n = 0; n < 10; n++) await uploaded(scene, `${n}`, new Uint8Array(1_000).fill(n));
  strictEqual((await upload(scene, "the 10,001st byte", "x")).kind, "quota");
});

Deno.test("a full disk refuses an upload, says so, and leaves nothing", async () => {
  const scene = await startScene(answer, { objects: createMemoryObjects({ bytesMax: 1_000 }) });
  await rejects(
    upload(scene, "a", new Uint8Array(5_000)),
    (error) => error instanceof ObjectError && error.kind === "full",
  );
  strictEqual((await rowsOf(scene, "attachments")).length, 0);
  strictEqual((await upload(scene, "b", "small")).kind, "uploaded");
});

Deno.test("a message takes uploads along, in its own words or without any", async () => {
  const scene = await startScene(answer);
  const ids = [await uploaded(scene, "a.txt", "a"), await uploaded(scene, "b.txt", "b")];
  const { sessionId } = await scene.ask("Look", "main", { attachmentIds: ids });
  deepStrictEqual(await filesOf(scene, sessionId), [["a.txt here", "b.txt here"], []]);
  strictEqual(await read(scene, ids[0]!), "a");
  strictEqual((await scene.clawdbot.attachments.discard(local, ids[0]!)).kind, "refused");
  const other = await scene.ask("", "other", { attachmentIds: [await uploaded(scene, "plan 2027.txt", "c")] });
  const list = await scene.clawdbot.assistant.sessions(local);
  ok(list.kind === "sessions");
  strictEqual(list.sessions.find(({ id }) => id === other.sessionId)!.title, "plan 2027.txt");
});

Deno.test("a message with a file that is gone, sent before, somebody else's, or one too many is refused whole", async () => {
  const scene = await startScene(answer);
  const submit = (attachmentIds: string[]) =>
    scene.terminal.submit({
      account: "local",
      conversation: "main",
      platformId: crypto.randomUUID(),
      text: "x",
      locale: "en",
      attachmentIds,
    });
  const id = await uploaded(scene, "a.txt", "a");
  strictEqual((await submit(["no-such-id"])).kind, "refused");
  strictEqual((await submit([id, "no-such-id"])).kind, "refused");
  strictEqual((await submit([id])).kind, "accepted");
  strictEqual((await submit([id])).kind, "refused");
  const many = [];
  for (let n = 0; n < 11; n++) many.push(await uploaded(scene, `${n}`, `${n}`));
  deepStrictEqual(await submit(many), { kind: "refused", reason: "A message has at most 10 files" });
  strictEqual((await scene.store.read((tx) => tx.find("sessions", {}))).length, 1);
});

Deno.test("an edited question keeps its files", async () => {
  const scene = await startScene(answer);
  const { sessionId, messageId } = await scene.ask("Look", "main", {
    attachmentIds: [await uploaded(scene, "a.txt", "a")],
  });
  const edited = await scene.ask("Look again", "main", {
    replaces: messageId,
    attachmentIds: [await uploaded(scene, "b.txt", "b")],
  });
  deepStrictEqual(await filesOf(scene, sessionId), [["a.txt here", "b.txt here"], []]);
  const files = await scene.store.read((tx) => attachmentsOf(tx, edited.messageId));
  strictEqual(await read(scene, files[0]!.id), "a");
  strictEqual(scene.objects.backing.size, 2);
});

Deno.test("a channel's files are taken in with their message; who isn't let in costs nothing, and a copy isn't streamed again", async () => {
  const scene = await startScene(answer);
  let opened = 0;
  const files: InboundFile[] = [{
    name: "a.txt",
    open: async () => {
      opened++;
      return from("a");
    },
  }];
  const message = {
    account: "local",
    conversation: "main",
    platformId: "1",
    text: "Look",
    locale: "en",
    files,
  } as const;
  const first = await scene.terminal.submit(message);
  ok(first.kind === "accepted");
  strictEqual((await scene.terminal.submit(message)).kind, "duplicate");
  strictEqual(opened, 1);
  await scene.terminal.submit({ ...message, account: "nobody", platformId: "2" });
  strictEqual(opened, 1);
  deepStrictEqual((await filesOf(scene, first.sessionId))[0], ["a.txt here"]);
});

Deno.test("a platform that doesn't give a file now has its message offered again, but not for ever", async () => {
  const scene = await startScene(answer);
  let tries = 0;
  const lost: InboundFile = {
    name: "a.txt",
    open: async () => {
      tries++;
      throw new Error("https://platform/secret-token/a.txt is away");
    },
  };
  const message = { account: "local", conversation: "main", platformId: "1", text: "Look", locale: "en" } as const;
  const files = [file("first.txt", "1"), lost, lost];
  for (let n = 1; n < 5; n++) {
    await rejects(scene.terminal.submit({ ...message, files }), (error: Error) => !/secret-token/.test(error.message));
    strictEqual((await rowsOf(scene, "attachments")).length, 0);
    strictEqual(scene.objects.backing.size, 0);
  }
  const taken = await scene.terminal.submit({ ...message, files });
  ok(taken.kind === "accepted");
  strictEqual(tries, 6);
  deepStrictEqual((await filesOf(scene, taken.sessionId))[0], [
    "first.txt here",
    "a.txt unavailable",
    "a.txt unavailable",
  ]);

  let isBack = false;
  const away = { name: "b.txt", open: async () => isBack ? from("b") : Promise.reject(new Error("away")) };
  await rejects(scene.terminal.submit({ ...message, platformId: "2", files: [away] }));
  isBack = true;
  const back = await scene.terminal.submit({ ...message, platformId: "2", files: [away] });
  ok(back.kind === "accepted");
  deepStrictEqual((await filesOf(scene, back.sessionId)).at(-1), ["b.txt here"]);
});

Deno.test("a platform that hangs while it gives a file counts as one that doesn't", async () => {
  const scene = await startScene(answer);
  const hanging: InboundFile = { name: "a.txt", open: () => new Promise(() => {}) };
  const message = {
    account: "local",
    conversation: "main",
    platformId: "1",
    text: "x",
    locale: "en",
    files: [hanging],
  } as const;
  const submitted = scene.terminal.submit(message);
  const failed = rejects(submitted, /nothing came for too long/);
  await scene.rest(31_000);
  await failed;
});

Deno.test("a channel's file that is too large, or one of too many, is kept by name only, and the message is answered", async () => {
  const scene = await startScene(answer, { fileBytesMax: 1_000 });
  let opened = 0;
  const declared: InboundFile = {
    name: "1 GB.bin",
    bytes: 1_000_000_000,
    open: async () => {
      opened++;
      return from("x");
    },
  };
  const many = Array.from({ length: 9 }, (_, n) => file(`${n}.txt`, `${n}`));
  const files = [declared, file("lies.bin", new Uint8Array(2_000)), ...many];
  const result = await scene.terminal.submit({
    account: "local",
    conversation: "main",
    platformId: "1",
    text: "x",
    locale: "en",
    files,
  });
  ok(result.kind === "accepted", JSON.stringify(result));
  strictEqual(opened, 0);
  await scene.rest();
  const [question, answered] = await filesOf(scene, result.sessionId);
  deepStrictEqual(question!.slice(0, 3), ["1 GB.bin too-large", "lies.bin too-large", "0.txt here"]);
  deepStrictEqual(question!.at(-1), "8.txt too-many");
  deepStrictEqual(answered, []);
});

Deno.test("while no commit is possible, a channel's message leaves neither row nor object", async () => {
  const objects = createMemoryObjects();
  const scene = await startScene(answer, { objects });
  const write = scene.store.write;
  (scene.store as { write: unknown }).write = () => Promise.reject(new StoreError("full", "no room left"));
  await rejects(
    scene.terminal.submit({
      account: "local",
      conversation: "main",
      platformId: "1",
      text: "x",
      locale: "en",
      files: [file("a", "a")],
    }),
    StoreError,
  );
  (scene.store as { write: unknown }).write = write;
  strictEqual(objects.backing.size, 0);
});

Deno.test("erasing a conversation erases its files, but not what another still needs", async () => {
  const scene = await startScene(answer);
  const only = await scene.ask("x", "a", {
    attachmentIds: [await uploaded(scene, "a.txt", "only here"), await uploaded(scene, "b.txt", "both")],
  });
  const other = await scene.ask("x", "b", { attachmentIds: [await uploaded(scene, "c.txt", "both")] });
  strictEqual(scene.objects.backing.size, 2);
  await scene.clawdbot.assistant.removeSession(local, only.sessionId);
  await scene.rest(dayMs + 3_700_000);
  strictEqual((await rowsOf(scene, "attachments")).length, 1);
  strictEqual(scene.objects.backing.size, 1);
  const [kept] = await rowsOf(scene, "attachments");
  strictEqual(await read(scene, kept!.id), "both");
  ok((await filesOf(scene, other.sessionId))[0]!.length === 1);
});

Deno.test("what a crash left in the object store is swept at the next start", async () => {
  const objects = createMemoryObjects();
  objects.backing.set("a".repeat(64), new Uint8Array(10));
  const scene = await startScene(answer, { objects });
  await scene.rest(1_000);
  strictEqual(objects.backing.size, 0);
});

Deno.test("a file whose object was lost is said to be, and is whole again once the same content is brought anew", async () => {
  const scene = await startScene(answer);
  const id = await uploaded(scene, "a.txt", "content");
  const [name] = [...scene.objects.backing.keys()];
  scene.objects.backing.delete(name!);
  await rejects(read(scene, id), (error) => error instanceof ObjectError && error.kind === "missing");
  await uploaded(scene, "b.txt", "content");
  strictEqual(await read(scene, id), "content");
});

// Goal: an object opens only where it belongs, and no change of it goes unseen. Method: any byte changed, any two swapped.
seeded(
  "a stored file that was changed on the disk, or exchanged for another, is found while it is read",
  async (random) => {
    const scene = await startScene(answer);
    const ids = [
      await uploaded(scene, "a", new Uint8Array(150_000).fill(1)),
      await uploaded(scene, "b", new Uint8Array(150_000).fill(2)),
    ];
    const { backing } = scene.objects;
    const [a, b] = [...backing.keys()] as [string, string];
    const content = backing.get(a)!;
    if (random() < 0.3) {
      backing.set(a, backing.get(b)!);
      backing.set(b, content);
    } else if (random() < 0.5) content[Math.floor(random() * content.length)]! ^= 1 + Math.floor(random() * 255);
    else backing.set(a, content.subarray(0, Math.floor(random() * content.length)));
    const outcomes = await Promise.allSettled(ids.map((id) => read(scene, id)));
    ok(outcomes.some((outcome) => outcome.status === "rejected" && outcome.reason.kind === "damaged"));
  },
  { runs: 40, long: 1_000 },
);
