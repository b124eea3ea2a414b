import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { seeded } from "../../tests/seeded.ts";
import { csrfOf, lineOf, openBrowser, submitForm } from "../../tests/web_app.ts";
import * as api from "../../schema/api.ts";
import { requestMsMax } from "./guard.ts";
import { partsOf, textOf } from "./multipart.ts";

const png = Uint8Array.from([
  ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
  ...[0, 0, 0, 20, 0, 0, 0, 10, 8, 6, 0, 0, 0],
]);
const utf8 = (text: string) => new TextEncoder().encode(text);
const message = (more: object) =>
  JSON.stringify({ conversation: "c1", platform_id: crypto.randomUUID(), text: "", ...more });

type Browser = Awaited<ReturnType<typeof openBrowser>>;

async function upload(
  browser: Browser,
  name: string,
  content: BodyInit,
): Promise<v.InferOutput<typeof api.attachment>> {
  const response = await browser.change(`/api/attachments?name=${encodeURIComponent(name)}`, content);
  strictEqual(response.status, 201);
  return v.parse(api.attachment, await response.json());
}

Deno.test("a file is uploaded as it is, sent with a message, shown and fetched again", async () => {
  const browser = await openBrowser();
  const { id, ...attachment } = await upload(browser, "../工厂 \u202e1.txt", "hello 工厂");
  deepStrictEqual(attachment, { name: "工厂 1.txt", media_type: "text/plain", bytes: 12 });
  const sent = await browser.change("/api/messages", message({ attachment_ids: [id] }));
  strictEqual(sent.status, 202);
  const { session_id } = v.parse(api.messageAccepted, await sent.json());
  deepStrictEqual(browser.assistant.taken.at(-1)!.attachmentIds, [id]);
  const list = v.parse(api.messageList, await (await browser.ask(`/api/sessions/${session_id}/messages`)).json());
  deepStrictEqual(list.messages[0]!.attachments, [{ id, ...attachment }]);
  const page = await (await browser.ask(`/c/${session_id}`)).text();
  match(page, new RegExp(`href="/api/attachments/${id}" download`));
  const exported = await browser.ask(`/api/sessions/${session_id}/export?format=json`);
  deepStrictEqual(v.parse(api.exportedConversation, await exported.json()).messages[0]!.attachments, [{
    id,
    ...attachment,
  }]);
  match(
    await (await browser.ask(`/api/sessions/${session_id}/export?format=markdown`)).text(),
    /\n- `工厂 1\.txt`, 12 B\n/,
  );
  strictEqual(await (await browser.ask(`/api/attachments/${id}`)).text(), "hello 工厂");
});

Deno.test("what is fetched runs nowhere: it is a download, of the type that its content has, and nothing may be loaded by it", async () => {
  const browser = await openBrowser();
  const page = await upload(browser, 'a"\r\nx: y.html', "<script>alert(1)</script>");
  const picture = await upload(browser, "p.png", png);
  deepStrictEqual([picture.width, picture.height], [20, 10]);
  for (
    const [{ id }, type, name] of [[page, "text/plain", "a_%20x_%20y.html"], [picture, "image/png", "p.png"]] as const
  ) {
    const { headers } = await browser.ask(`/api/attachments/${id}`);
    strictEqual(headers.get("content-type"), type);
    strictEqual(headers.get("content-disposition"), `attachment; filename="file"; filename*=UTF-8''${name}`);
    strictEqual(headers.get("content-security-policy"), "default-src 'none'; sandbox");
    strictEqual(headers.get("x-content-type-options"), "nosniff");
    strictEqual(headers.get("cross-origin-resource-policy"), "same-origin");
    strictEqual(headers.get("cache-control"), "no-store");
  }
  match((await browser.ask("/")).headers.get("content-security-policy")!, /script-src 'self'/);
});

Deno.test("a picture that unpacks to gigapixels is never put into a page, only linked", async () => {
  const browser = await openBrowser();
  const bomb = png.slice();
  new DataView(bomb.buffer).setUint32(16, 100_000);
  new DataView(bomb.buffer).setUint32(20, 100_000);
  const ids = [await upload(browser, "small.png", png), await upload(browser, "bomb.png", bomb)].map(({ id }) => id);
  const sent = await browser.change("/api/messages", message({ attachment_ids: ids }));
  const { session_id } = v.parse(api.messageAccepted, await sent.json());
  const page = await (await browser.ask(`/c/${session_id}`)).text();
  match(page, new RegExp(`<img[^>]* src="/api/attachments/${ids[0]}"[^>]* width="20"[^>]* height="10"`));
  ok(!page.includes(`src="/api/attachments/${ids[1]}"`));
  match(page, new RegExp(`href="/api/attachments/${ids[1]}" download`));
});

Deno.test("only who may chat uploads, fetches and removes, with the token of the page", async () => {
  const browser = await openBrowser();
  const { id } = await upload(browser, "a.txt", "a");
  const stranger = await openBrowser({ loggedIn: false });
  strictEqual((await stranger.ask(`/api/attachments/${id}`)).status, 401);
  strictEqual((await stranger.ask("/api/attachments?name=a", { method: "POST", body: "a" })).status, 401);
  strictEqual((await browser.ask("/api/attachments?name=a", { method: "POST", body: "a" })).status, 403);
  strictEqual((await browser.ask(`/api/attachments/${id}`, { method: "DELETE" })).status, 403);
  strictEqual(
    (await browser.ask("/api/attachments?name=a", { method: "POST", body: "a", headers: { origin: "http://evil" } }))
      .status,
    403,
  );
  strictEqual((await browser.change(`/api/attachments/${id}`, null, {}, "DELETE")).status, 200);
  strictEqual((await browser.ask(`/api/attachments/${id}`)).status, 403);
});

Deno.test("a declared gigabyte is refused before any of it is read, and one that lies while it comes", async () => {
  const browser = await openBrowser();
  let read = 0;
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        read++;
        controller.enqueue(new Uint8Array(1_000_000));
      },
    }, { highWaterMark: 0 });
  const declared = await browser.change("/api/attachments?name=a", endless(), { "content-length": "1000000000" });
  strictEqual(declared.status, 413);
  strictEqual(await lineOf(declared), "The file is too large; at most 20 MB are accepted");
  strictEqual(read, 0);
  const lying = await browser.change("/api/attachments?name=a", endless());
  strictEqual(lying.status, 413);
  ok(read <= 22, `${read}`);
  strictEqual(browser.assistant.files.kept.size, 0);
});

Deno.test("each way in which an upload fails has its own status and one line", async () => {
  const browser = await openBrowser();
  const { files } = browser.assistant;
  for (
    const [refusal, status, line] of [
      ["quota", 409, "Too many files were uploaded and not sent; send or remove some first"],
      ["busy", 429, "Too many files are being uploaded at once; try again in a moment"],
      ["broken", 400, "The upload broke off or took too long; try again"],
    ] as const
  ) {
    files.refusal = refusal;
    const response = await browser.change("/api/attachments?name=a", "x");
    deepStrictEqual([response.status, await lineOf(response)], [status, line]);
  }
});

Deno.test("a file that is damaged or gone is an error, not an empty download", async () => {
  const browser = await openBrowser();
  const { id } = await upload(browser, "a.txt", "a");
  browser.assistant.files.damaged.add(id);
  const missing = browser.assistant.files.keepMissing("b.bin", "too-large");
  for (const gone of [id, missing.id]) {
    const response = await browser.ask(`/api/attachments/${gone}`);
    deepStrictEqual([response.status, await lineOf(response)], [
      410,
      "The file can't be read from the disk any more: it is damaged or gone",
    ]);
  }
});

Deno.test("an upload may take longer than other requests", async () => {
  let late: (() => void) | undefined;
  const sleeping: number[] = [];
  const clock = {
    nowMs: () => 0,
    sleep: (ms: number) => {
      sleeping.push(ms);
      return new Promise<void>((resolve) => late = resolve);
    },
  };
  const browser = await openBrowser({ deps: { clock } });
  const token = await csrfOf(browser.ask, "/");
  late = undefined;
  sleeping.length = 0;
  const gate = Promise.withResolvers<void>();
  browser.assistant.files.gate = gate.promise;
  const uploading = browser.ask("/api/attachments?name=a", {
    method: "POST",
    body: "a",
    headers: { "x-csrf-token": token },
  });
  strictEqual(late, undefined);
  ok(!sleeping.includes(requestMsMax));
  gate.resolve();
  strictEqual((await uploading).status, 201);
});

Deno.test("without script, a form sends words and files together", async () => {
  const browser = await openBrowser();
  const body = new FormData();
  for (
    const [name, value] of Object.entries({
      csrf: await csrfOf(browser.ask, "/"),
      session_id: "",
      conversation: "c",
      platform_id: "p",
      replaces: "",
      text: "Look",
    })
  ) body.append(name, value);
  body.append("files", new File(["one"], "one.txt"));
  body.append("files", new File([png], '"two".png'));
  const response = await browser.ask("/messages", { method: "POST", body });
  strictEqual(response.status, 303);
  const [taken] = browser.assistant.taken;
  strictEqual(taken!.text, "Look");
  const names = taken!.attachmentIds!.map((id) => browser.assistant.files.kept.get(id)!.attachment.name);
  deepStrictEqual(names, ["one.txt", "_two_.png"]);

  // The same form again is a copy: its files don't stay.
  const again = new FormData();
  for (
    const [name, value] of Object.entries({
      csrf: await csrfOf(browser.ask, "/"),
      conversation: "c",
      platform_id: "p",
      text: "Look",
    })
  ) again.append(name, value);
  again.append("files", new File(["three"], "three.txt"));
  strictEqual((await browser.ask("/messages", { method: "POST", body: again })).status, 303);
  strictEqual(browser.assistant.files.kept.size, 2);
});

Deno.test("a form without files, as scripts and tools send it, is taken as before; one with a bad token brings nothing in", async () => {
  const browser = await openBrowser();
  strictEqual(
    (await submitForm(browser.ask, "/messages", { conversation: "c", platform_id: "p", text: "x" })).status,
    303,
  );
  const fields = { conversation: "c", platform_id: "q", text: "x" };
  for (const csrf of ["0".repeat(64), undefined]) {
    const body = new FormData();
    if (csrf !== undefined) body.append("csrf", csrf);
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("files", new File(["one"], "one.txt"));
    strictEqual((await browser.ask("/messages", { method: "POST", body })).status, 403);
  }
  const many = new FormData();
  many.append("csrf", await csrfOf(browser.ask, "/"));
  for (const [name, value] of Object.entries(fields)) many.append(name, value);
  for (let n = 0; n < 11; n++) many.append("files", new File([`${n}`], `${n}.txt`));
  strictEqual((await browser.ask("/messages", { method: "POST", body: many })).status, 413);
  strictEqual(browser.assistant.taken.length, 1);
});

function formRequest(body: Uint8Array, boundary: string, pieceBytes: number): Request {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= body.length) return controller.close();
      controller.enqueue(body.slice(at, at += pieceBytes));
    },
  });
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  return new Request("http://a/", { method: "POST", body: stream, headers });
}

async function readParts(request: Request): Promise<[string, string | undefined, string][]> {
  const parts: [string, string | undefined, string][] = [];
  for await (const { name, fileName, content } of partsOf(request)) {
    parts.push([name, fileName, await textOf(content, 100_000)]);
  }
  return parts;
}

// Goal: a form is read as it was written, however it is cut. Method: forms as the platform's own FormData writes them, of
// contents that look like boundaries, in pieces of any size.
seeded("partsOf() reads what a browser writes, whatever the pieces", async (random) => {
  const signs = ["a", "\r\n", "--", "\r\n--", "工", "-", "\n", "x".repeat(300)];
  const some = () =>
    Array.from({ length: Math.floor(random() * 12) }, () => signs[Math.floor(random() * signs.length)]!).join("");
  const form = new FormData();
  const expected: [string, string | undefined, string][] = [];
  for (let n = Math.floor(random() * 5); n >= 0; n--) {
    const content = some();
    if (random() < 0.5) {
      form.append(`field${n}`, content);
      expected.push([`field${n}`, undefined, content.replace(/\r\n|\r|\n/g, "\r\n")]);
    } else {
      form.append(`file${n}`, new File([content], "工 1.txt"));
      expected.push([`file${n}`, "工 1.txt", content]);
    }
  }
  const written = new Response(form);
  const boundary = /boundary=(.*)$/.exec(written.headers.get("content-type")!)![1]!;
  const body = new Uint8Array(await written.arrayBuffer());
  deepStrictEqual(await readParts(formRequest(body, boundary, Math.floor(random() * 200) + 1)), expected);
}, { runs: 200, long: 5_000 });

Deno.test("partsOf() ends for whatever is no form", async () => {
  const bodies = [
    "",
    "--b",
    "--b--",
    "--b\r\n",
    "--bx\r\n\r\n",
    "--b\r\n\r\nno name\r\n--b--",
    `--b\r\n${"h".repeat(10_000)}\r\n\r\nx\r\n--b--`,
  ];
  for (const body of bodies) {
    const read = readParts(formRequest(utf8(body), "b", 7)).catch((error) => error);
    const result = await read;
    ok(result instanceof Error || result.length === 0, body.slice(0, 40));
  }
  const skipped = [];
  for await (
    const { name } of partsOf(
      formRequest(
        utf8(
          '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nlong\r\n--b\r\ncontent-disposition: form-data; name="c"\r\n\r\n\r\n--b--',
        ),
        "b",
        3,
      ),
    )
  ) {
    skipped.push(name);
  }
  deepStrictEqual(skipped, ["a", "c"]);
});
