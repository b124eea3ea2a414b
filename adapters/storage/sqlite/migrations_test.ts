import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { local, startScene } from "../../../tests/clawdbot_scene.ts";
import { migrations } from "./migrations.ts";
import { open } from "./mod.ts";
import { openDatabase } from "./open.ts";

const now = { programVersion: "1.2.3", nowMs: 1 };

/** A store whose groups are committed within the virtual clock's moment. */
const openStore = (path: string) => open({ path, ...now, schedule: queueMicrotask });

/**
 * Writes a database as the first schema had it: rows of today's core, of which only the columns of that time are kept.
 * Some questions were asked before the one before was answered, one was stopped while it waited, one waits.
 */
async function writeFirstSchema(folder: string): Promise<string> {
  const today = `${folder}/today.db`;
  const scene = await startScene(({ messages }) => ({ pieces: [`re: ${messages.at(-1)!.content}`], delayMs: 1_000 }), {
    store: await openStore(today),
  });
  await scene.ask("one", "a");
  await scene.send("two", "a");
  await scene.send("three", "a");
  const { turnId } = await scene.send("four", "a");
  await scene.clawdbot.assistant.stop(local, turnId);
  await scene.rest();
  await scene.ask("alone", "b");
  await scene.send("unanswered", "b");
  await scene.rest(10);
  await scene.store.close();

  const path = `${folder}/clawdbot.db`;
  const from = new DatabaseSync(today, { readOnly: true });
  const to = openDatabase({ path, ...now, migrations: migrations.slice(0, 1) });
  to.exec("PRAGMA foreign_keys = OFF");
  const names = to.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations'").all();
  for (const table of names.map(({ name }) => `${name}`)) {
    const columns = to.prepare("SELECT name FROM pragma_table_info(?)").all(table).map(({ name }) => `${name}`);
    const insert = to.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => "?")})`);
    for (const row of from.prepare(`SELECT ${columns} FROM ${table}`).all()) {
      insert.run(...columns.map((column) => row[column]!));
    }
  }
  from.close();
  to.close();
  return path;
}

Deno.test("a database of the first schema opens as whole conversations, and goes on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = await writeFirstSchema(folder);
    const scene = await startScene(({ messages }) => ({ pieces: [`again: ${messages.at(-1)!.content}`] }), {
      store: await openStore(path),
    });
    const sessions = await scene.store.read((tx) => tx.find("sessions", {}));
    const [a, b] = sessions.map(({ id }) => id) as [string, string];
    deepStrictEqual(await scene.texts(a), [
      "person: one",
      "assistant: re: one",
      "person: two",
      "assistant: re: two",
      "person: three",
      "assistant: re: three",
      "person: four",
      "notice: Stopped.",
    ]);
    deepStrictEqual(await scene.texts(b), ["person: alone", "assistant: re: alone", "person: unanswered"]);
    await scene.rest();
    deepStrictEqual((await scene.texts(b)).slice(2), ["person: unanswered", "assistant: again: unanswered"]);
    await scene.ask("five", "a");
    const prompt = scene.requests.at(-1)!.messages.slice(1).map(({ content }) => content);
    deepStrictEqual(prompt, ["one", "re: one", "two", "re: two", "three", "re: three", "four", "five"]);
    const history = await scene.clawdbot.assistant.history(local, a);
    ok(history.kind === "history");
    ok(history.messages.slice(0, 8).every(({ answer }) => answer === undefined));
    const list = await scene.clawdbot.assistant.sessions(local);
    ok(list.kind === "sessions");
    strictEqual(list.sessions.every(({ pinned }) => !pinned), true);
    await scene.store.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
