import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { openStand, type Replied } from "../../../tests/host_calls_stand.ts";

const code = (reply: Replied) => "error" in reply ? reply.error.code : "ok";
const all = { asked: { files: { write: [""] } }, granted: { files: { write: [""] } } };
const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

Deno.test("a file is there under its name until it is removed, and lies sealed", async () => {
  const { begin, store, objects } = await openStand();
  const call = begin(all);
  const write = (name: string, text: string) => call("files", { op: "write", name, body_base64: base64(text) });
  deepStrictEqual(await write("reports/2026.csv", "a;b"), { ok: { done: true } });
  deepStrictEqual(await write("reports/2026.csv", "a;b;c"), { ok: { done: true } });
  deepStrictEqual(await write("empty", ""), { ok: { done: true } });
  deepStrictEqual(await call("files", { op: "read", name: "reports/2026.csv" }), {
    ok: { bytes: 5, body_base64: base64("a;b;c") },
  });
  deepStrictEqual(await call("files", { op: "read", name: "empty" }), { ok: { bytes: 0, body_base64: "" } });
  deepStrictEqual(await call("files", { op: "list" }), {
    ok: { files: [{ name: "empty", bytes: 0 }, { name: "reports/2026.csv", bytes: 5 }] },
  });
  deepStrictEqual(await call("files", { op: "list", prefix: "reports/" }), {
    ok: { files: [{ name: "reports/2026.csv", bytes: 5 }] },
  });
  // What was written over is gone; nothing tells names or content.
  strictEqual(objects.size, 2);
  for (const bytes of objects.values()) strictEqual(new TextDecoder().decode(bytes).includes("a;b"), false);
  strictEqual(JSON.stringify(await store.read((tx) => tx.find("pluginFiles", {}))).includes("2026"), false);
  deepStrictEqual(await call("files", { op: "remove", name: "reports/2026.csv" }), { ok: { done: true } });
  deepStrictEqual(await call("files", { op: "remove", name: "reports/2026.csv" }), { ok: { done: false } });
  strictEqual(code(await call("files", { op: "read", name: "reports/2026.csv" })), "not-found");
  strictEqual(objects.size, 1);
});

Deno.test("the same content of two plugins lies there once, and stays for the one that keeps it", async () => {
  const { begin, objects } = await openStand();
  for (const name of ["pump", "fan"]) {
    await begin({ name, ...all })("files", { op: "write", name: "a", body_base64: base64("same") });
  }
  strictEqual(objects.size, 1);
  await begin({ name: "pump", ...all })("files", { op: "remove", name: "a" });
  deepStrictEqual(await begin({ name: "fan", ...all })("files", { op: "read", name: "a" }), {
    ok: { bytes: 4, body_base64: base64("same") },
  });
  await begin({ name: "fan", ...all })("files", { op: "remove", name: "a" });
  strictEqual(objects.size, 0);
});

Deno.test("a list names what could be read, and nothing else", async () => {
  const { begin } = await openStand();
  for (const name of ["a/1", "b/2", "c"]) await begin(all)("files", { op: "write", name, body_base64: "" });
  const some = { asked: { files: { read: ["a/", "b/"] } }, granted: { files: { read: ["a/", "c/"] } } };
  deepStrictEqual(await begin(some)("files", { op: "list" }), { ok: { files: [{ name: "a/1", bytes: 0 }] } });
  strictEqual(code(await begin(some)("files", { op: "read", name: "b/2" })), "refused");
  strictEqual(code(await begin(some)("files", { op: "write", name: "a/1", body_base64: "" })), "refused");
  strictEqual(code(await begin(some)("files", { op: "remove", name: "a/1" })), "refused");
});

Deno.test("files of the message are read piece by piece, and of no other message", async () => {
  const stand = await openStand();
  const large = Uint8Array.from({ length: 1_300_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
  const messageId = await stand.message(new TextEncoder().encode("a,b\n1,2\n"), large);
  const plugin = { asked: { files: { attachments: true } }, granted: { files: { attachments: true } } };
  const call = stand.begin(plugin, { messageId });
  deepStrictEqual(await call("files", { op: "attachments" }), {
    ok: {
      attachments: [
        { name: "file 0", media_type: "text/plain", bytes: 8 },
        { name: "file 1", media_type: "application/octet-stream", bytes: 1_300_000 },
      ],
    },
  });
  deepStrictEqual(await call("files", { op: "attachment", index: 0 }), {
    ok: { bytes: 8, body_base64: base64("a,b\n1,2\n") },
  });
  const read = new Uint8Array(large.length);
  for (let offset = 0; offset < large.length;) {
    const reply = await call("files", { op: "attachment", index: 1, offset });
    ok("ok" in reply);
    const piece = Uint8Array.fromBase64(reply.ok["body_base64"] as string);
    ok(piece.length > 0 && piece.length <= 512 * 1024);
    read.set(piece, offset);
    offset += piece.length;
  }
  strictEqual(read.toHex() === large.toHex(), true);
  const middle = await call("files", { op: "attachment", index: 1, offset: 777_777 });
  ok("ok" in middle);
  const expected = large.subarray(777_777, 777_777 + 512 * 1024).toBase64();
  strictEqual(middle.ok["body_base64"] === expected, true);
  deepStrictEqual(await call("files", { op: "attachment", index: 1, offset: 9e9 }), {
    ok: { bytes: 1_300_000, body_base64: "" },
  });
  strictEqual(code(await call("files", { op: "attachment", index: 2 })), "not-found");
  const another = stand.begin(plugin, { messageId: await stand.message() });
  deepStrictEqual(await another("files", { op: "attachments" }), { ok: { attachments: [] } });
  strictEqual(code(await another("files", { op: "attachment", index: 0 })), "not-found");
  deepStrictEqual(await stand.begin(plugin)("files", { op: "attachments" }), { ok: { attachments: [] } });
});

Deno.test("an object that was damaged or lost is an error, and no piece of something else", async () => {
  const { begin, objects } = await openStand();
  const call = begin(all);
  await call("files", { op: "write", name: "a", body_base64: base64("content") });
  const [name] = objects.keys();
  objects.set(name!, objects.get(name!)!.map((byte, index) => index === 10 ? byte ^ 1 : byte));
  strictEqual(code(await call("files", { op: "read", name: "a" })), "failed");
  objects.clear();
  strictEqual(code(await call("files", { op: "read", name: "a" })), "failed");
});

Deno.test("files are bounded in number, and what is over it leaves nothing behind", async () => {
  const { begin, objects, store } = await openStand();
  const call = begin(all);
  for (let index = 0; index < 1_000; index++) {
    strictEqual(
      code(await call("files", { op: "write", name: `${index}`, body_base64: base64(`${index % 10}`) })),
      "ok",
    );
  }
  strictEqual(code(await call("files", { op: "write", name: "more", body_base64: base64("more") })), "quota");
  strictEqual(code(await call("files", { op: "write", name: "more", body_base64: base64("1") })), "quota");
  strictEqual(code(await call("files", { op: "write", name: "5", body_base64: base64("new") })), "ok");
  strictEqual(objects.size, 11);
  strictEqual(await store.read((tx) => tx.count("objects", {})), 11);
});
