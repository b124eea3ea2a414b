import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { checkout } from "../../../roles/program_here.ts";
import { startSite, testModel } from "../../site.ts";
import { ask, untilMessages, withFolder } from "../talk.ts";

// Goal: a model that goes away, or takes too much, costs at most its own answer, and that is said in a sentence.

Deno.test("a model file that is deleted while it is loaded answers on, and once it must be loaded anew, says it is gone", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/model.gguf`;
    await Deno.copyFile(testModel(), model);
    await using site = await startSite({ folder, model });
    await site.untilReady();
    const accepted = await ask(site, "What is the capital of France? One word.");
    await untilMessages(site, accepted, 2);
    await Deno.remove(model);
    await ask(site, "What is the capital of Italy? One word.");
    match((await untilMessages(site, accepted, 4)).text, /Rome/);
    Deno.kill(site.pids("model-runner")[0]!, "SIGKILL");
    await ask(site, "What is the capital of Spain? One word.");
    const { author, text } = await untilMessages(site, accepted, 6);
    strictEqual(author, "notice");
    match(text, /^The model can't be used: .*there is no such file; run `clawdbot model list`$/);
    await Deno.copyFile(testModel(), model);
    await ask(site, "What is the capital of Japan? One word.");
    match((await untilMessages(site, accepted, 8)).text, /Tokyo/);
  });
});

Deno.test("a host that is killed, or started anew with other rights, while a model is loaded, answers with it again", async () => {
  await using site = await startSite();
  await site.untilReady();
  const france = "What is the capital of France? One word.";
  match((await untilMessages(site, await ask(site, france, "before"), 2)).text, /Paris/);
  const hosts = site.pids("host");
  Deno.kill(hosts[0]!, "SIGKILL");
  hosts.push(await site.untilStarted("host", hosts));
  await site.untilReady();
  match((await untilMessages(site, await ask(site, france, "killed"), 2)).text, /Paris/);
  const config = await Deno.readTextFile(`${site.folder}/config.yaml`);
  await Deno.writeTextFile(`${site.folder}/config.yaml`, `${config}storage: { path: other.db }\n`);
  await site.untilStarted("host", hosts);
  await site.untilReady();
  match((await untilMessages(site, await ask(site, france, "other rights"), 2)).text, /Paris/);
});

Deno.test("a model that takes too much memory in the middle of an answer is ended: a sentence, and the next is answered", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/model.gguf`;
    await Deno.copyFile(testModel(), model);
    // The real runner, which hoards memory once it has said something, as long as its model looks old.
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `if (Deno.args[0] === "model-runner" && Deno.statSync("${model}").mtime.getFullYear() < 2002) {
         const hoard = [];
         let pieces = 0;
         const counted = new TransformStream({
           transform(piece, controller) {
             if (++pieces === 20) setInterval(() => hoard.push(new Uint8Array(64e6).fill(1)), 10);
             controller.enqueue(piece);
           },
         });
         counted.readable.pipeTo(Deno.stdout.writable);
         Object.defineProperty(Deno.stdout, "writable", { value: counted.writable });
       }
       await import("file://${checkout}/main.ts");`,
    );
    await Deno.utime(model, new Date("2001-01-01"), new Date("2001-01-01"));
    const config = "model: { memory_limit: 1 GB }";
    await using site = await startSite({ folder, config, model, main: `${folder}/main.ts` });
    await site.untilReady();
    const accepted = await ask(site, "Write a very long story about a lighthouse keeper.");
    const { author, text } = await untilMessages(site, accepted, 2);
    deepStrictEqual([author, text], [
      "notice",
      "The model stopped unexpectedly several times, so this question has no answer. Please ask it again.",
    ]);
    match(site.stderr(), /^The model-runner was ended: it took \d+ MB of memory, and 1000 MB are allowed$/m);
    await Deno.utime(model, new Date(), new Date());
    const next = await ask(site, "What is the capital of France? One word.", "another");
    match((await untilMessages(site, next, 2)).text, /Paris/);
  });
});
