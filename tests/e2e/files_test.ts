import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { runCommand } from "../command_line.ts";
import { startSite, testModel } from "../site.ts";
import { pngBomb } from "../png.ts";
import { until } from "./talk.ts";

// Files on a site that really runs: from the command line by the Unix socket into the store, into an answer, and away.

const planted = "PLANTED-7f3a91-IN-A-FILE";

/** Every file below a folder. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

Deno.test("ask --file streams files to the host, which seals them; what can't be read is said without the model", async () => {
  const config = `objects: { path: ./kept, file_max: 1 MB }\nmodel: { path: ${testModel()}, context: 1024 }\n`;
  await using site = await startSite({ config });
  await site.untilReady();
  const cwd = site.folder;
  const run = (...args: string[]) =>
    runCommand([...args, "--config", `${cwd}/config.yaml`], { cwd, home: `${cwd}/home` });
  await Deno.writeTextFile(`${cwd}/notes.txt`, `${planted}\n`.repeat(5_000));
  await Deno.writeFile(`${cwd}/bomb.png`, pngBomb(100_000, 100_000));
  await Deno.writeTextFile(`${cwd}/report.pdf`, "%PDF-1.7");
  await Deno.writeFile(`${cwd}/large.bin`, new Uint8Array(1_000_001));

  // Nothing but what can't be read: the sentence, and no model was started for it.
  const unread = await run("ask", "--file", "report.pdf", "-f", "bomb.png");
  deepStrictEqual([unread.code, unread.stderr], [0, ""]);
  strictEqual(
    unread.stdout,
    "I can't read these files yet: `report.pdf`, `bomb.png`. So far I read text files only.\n",
  );
  deepStrictEqual(site.pids("model-runner"), []);

  const tooLarge = await run("ask", "--file", "large.bin", "What is it?");
  deepStrictEqual([tooLarge.code, tooLarge.stdout], [1, ""]);
  match(tooLarge.stderr, /^[^\n]*large\.bin: The file is too large; at most 1 MB are accepted\n$/);
  const missing = await run("ask", "--file", "nothing.txt", "What is it?");
  deepStrictEqual([missing.code, missing.stdout], [1, ""]);
  match(missing.stderr, /^[^\n]*nothing\.txt isn't a file that can be read\n$/);
  strictEqual((await run("ask", "--file", "notes.txt", "--model", "x.gguf", "?")).code, 2);

  // A text file reaches the model: what it was given says so, cut to its context.
  const read = await run("ask", "--json", "--file", "notes.txt", "What does this say?");
  strictEqual(read.code, 0, read.stderr);
  const { session_id, turn_id } = JSON.parse(read.stdout);
  const context = await (await site.api(`/api/turns/${turn_id}/context`)).json();
  const [file] = context.messages.at(-1).files;
  deepStrictEqual([file.name, file.is_unreadable], ["notes.txt", false]);
  ok(file.tokens > 300 && file.bytes_left_out > 50_000, JSON.stringify(file));

  // It is there whole for who may see the conversation, and on the disk in nobody's words, for its owner only.
  const { messages } = await (await site.api(`/api/sessions/${session_id}/messages`)).json();
  const [{ id }] = messages[0].attachments;
  const fetched = await site.api(`/api/attachments/${id}`);
  strictEqual(fetched.headers.get("content-disposition"), `attachment; filename="file"; filename*=UTF-8''notes.txt`);
  strictEqual(await fetched.text(), `${planted}\n`.repeat(5_000));
  const stored = await Array.fromAsync(filesBelow(`${cwd}/kept`));
  strictEqual(stored.length, 3);
  for (const path of [...stored, ...await Array.fromAsync(filesBelow(`${cwd}/data`))]) {
    ok(!new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(planted), path);
  }
  for (const path of stored) strictEqual((await Deno.stat(path)).mode! & 0o777, 0o600);

  // A host that died while a file came leaves nothing of it.
  const [host] = site.pids("host");
  const gate = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new Uint8Array(200_000));
      await gate.promise;
      controller.close();
    },
  });
  const upload = site.api("/api/attachments?name=half.bin", { method: "POST", body }).catch(() => undefined);
  await until(site, "growing", async () => (await Array.fromAsync(filesBelow(`${cwd}/kept`))).length > 3);
  Deno.kill(host!, "SIGKILL");
  await upload;
  gate.resolve();
  await site.untilStarted("host", [host!]);
  await site.untilReady();
  deepStrictEqual(await Array.fromAsync(filesBelow(`${cwd}/kept`)), stored);
  strictEqual((await (await site.api(`/api/attachments/${id}`)).text()).length, planted.length * 5_000 + 5_000);
});
