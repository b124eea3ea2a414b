import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { DatabaseOpenError, openDatabase, type OpenProblem } from "./open.ts";
import { migrations } from "./migrations.ts";

const now = { programVersion: "1.2.3", nowMs: 1_750_000_000_000 };
const folder = (): { path: string } & Disposable => {
  const made = Deno.makeTempDirSync();
  return { path: `${made}/clawdbot.db`, [Symbol.dispose]: () => Deno.removeSync(made, { recursive: true }) };
};

/** Opening fails with one line that has these words, and leaves every byte as it was. */
function refused(path: string, kind: OpenProblem, words: RegExp, more: object = {}): void {
  const before = readOrNothing(path);
  throws(() => openDatabase({ path, ...now, ...more }).close(), (error) => {
    ok(error instanceof DatabaseOpenError, `${error}`);
    strictEqual(error.kind, kind);
    ok(words.test(error.message), error.message);
    ok(error.message.startsWith(`Cannot open the database ${path}: `) && !error.message.includes("\n"), error.message);
    return true;
  });
  deepStrictEqual(readOrNothing(path), before);
}

function readOrNothing(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch {
    return undefined;
  }
}

Deno.test("openDatabase() makes a file that only its owner reads, and remembers each migration", () => {
  using at = folder();
  const database = openDatabase({ path: at.path, ...now });
  strictEqual(Deno.statSync(at.path).mode! & 0o777, 0o600);
  strictEqual(Deno.statSync(`${at.path}-wal`).mode! & 0o777, 0o600);
  throws(() => Deno.statSync(`${at.path}-shm`), Deno.errors.NotFound);
  const read = () => database.prepare("SELECT * FROM migrations ORDER BY id").all().map((row) => ({ ...row }));
  deepStrictEqual(
    read(),
    migrations.map(({ name }, index) => ({ id: index + 1, name, program: "1.2.3", applied_ms: now.nowMs })),
  );
  database.close();
});

Deno.test("openDatabase() sets what durability needs, also on the second time", () => {
  using at = folder();
  for (let time = 0; time < 2; time++) {
    const database = openDatabase({ path: at.path, ...now });
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0];
    strictEqual(pragma("journal_mode"), "wal");
    strictEqual(pragma("locking_mode"), "exclusive");
    strictEqual(pragma("synchronous"), 2);
    strictEqual(pragma("fullfsync"), 1);
    strictEqual(pragma("checkpoint_fullfsync"), 1);
    strictEqual(pragma("foreign_keys"), 1);
    strictEqual(pragma("temp_store"), 2);
    strictEqual(pragma("secure_delete"), 1);
    database.close();
  }
});

Deno.test("every table is STRICT", () => {
  using at = folder();
  const database = openDatabase({ path: at.path, ...now });
  const tables = database.prepare(
    "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
  ).all();
  ok(tables.length >= 10);
  for (const { name, strict } of tables) strictEqual(strict, 1, `${name}`);
  database.close();
});

Deno.test("openDatabase() makes only the migrations that are missing, in order", () => {
  using at = folder();
  const names = () => {
    const database = new DatabaseSync(at.path);
    const found = database.prepare("SELECT name FROM migrations ORDER BY id").all().map(({ name }) => name);
    database.close();
    return found;
  };
  const add = (name: string) => ({ name, sql: `CREATE TABLE ${name} (id TEXT PRIMARY KEY) STRICT` });
  openDatabase({ path: at.path, ...now, migrations: [add("a")] }).close();
  openDatabase({ path: at.path, ...now, migrations: [add("a"), add("b"), add("c")] }).close();
  openDatabase({ path: at.path, ...now, migrations: [add("a"), add("b"), add("c")] }).close();
  deepStrictEqual(names(), ["a", "b", "c"]);
});

Deno.test("a migration that fails leaves nothing of itself, and those before it", () => {
  using at = folder();
  const good = { name: "good", sql: "CREATE TABLE good (id TEXT) STRICT" };
  const bad = { name: "bad", sql: "CREATE TABLE half (id TEXT) STRICT; CREATE TABLE oops (" };
  throws(() => openDatabase({ path: at.path, ...now, migrations: [good, bad] }), DatabaseOpenError);
  const database = new DatabaseSync(at.path);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  deepStrictEqual(tables.map(({ name }) => name), ["good", "migrations"]);
  database.close();
  openDatabase({ path: at.path, ...now, migrations: [good] }).close();
});

Deno.test("a database newer than the program is refused, naming both versions", () => {
  using at = folder();
  const future = [...migrations, { name: "future", sql: "CREATE TABLE future (id TEXT) STRICT" }];
  openDatabase({ path: at.path, programVersion: "9.0.0", nowMs: 1, migrations: future }).close();
  const [theirs, ours] = [future.length, migrations.length];
  refused(
    at.path,
    "newer",
    new RegExp(
      `clawdbot 9\\.0\\.0 wrote it \\(schema ${theirs}\\), and this is clawdbot 1\\.2\\.3 \\(schema ${ours}\\): start`,
    ),
  );
});

Deno.test("a file of another program is refused: not a database, another database, one of another history", () => {
  using at = folder();
  Deno.writeTextFileSync(at.path, "dear diary, ".repeat(1_000));
  refused(at.path, "foreign", /isn't a database of clawdbot/);
  Deno.writeTextFileSync(at.path, "short");
  refused(at.path, "foreign", /isn't a database of clawdbot/);
  Deno.removeSync(at.path);
  const other = new DatabaseSync(at.path);
  other.exec("CREATE TABLE migrations (id INTEGER); CREATE TABLE notes (id INTEGER); INSERT INTO notes VALUES (1)");
  other.close();
  refused(at.path, "foreign", /isn't a database of clawdbot/);
  Deno.removeSync(at.path);
  openDatabase({ path: at.path, ...now, migrations: [{ name: "elsewhere", sql: "CREATE TABLE x (id TEXT) STRICT" }] })
    .close();
  refused(at.path, "corrupt", /its migration "elsewhere" is unknown/);
});

Deno.test("a damaged file is refused", () => {
  using at = folder();
  const database = openDatabase({ path: at.path, ...now });
  for (let n = 0; n < 500; n++) {
    database.prepare("INSERT INTO identities (id, version, created_ms) VALUES (?, 1, 1)").run(`identity-${n}`);
  }
  database.close();
  const whole = Deno.readFileSync(at.path);
  const damage = (change: (bytes: Uint8Array) => Uint8Array) => Deno.writeFileSync(at.path, change(whole.slice()));
  damage((bytes) => bytes.subarray(0, bytes.length >> 1));
  refused(at.path, "corrupt", /is damaged \(.+\); restore a backup/);
  damage((bytes) => bytes.fill(0x5a, 4_096, 8_192));
  refused(at.path, "corrupt", /is damaged \(.+\); restore a backup/);
  damage((bytes) => bytes.fill(0x5a, bytes.length - 4_096));
  refused(at.path, "corrupt", /is damaged \(.+\); restore a backup/);
  damage((bytes) => bytes.fill(0, 0, 100));
  refused(at.path, "foreign", /isn't a database of clawdbot/);
  damage((bytes) => bytes);
  openDatabase({ path: at.path, ...now }).close();
});

Deno.test("a second opener is told that the database is in use; after the first is gone it opens", () => {
  using at = folder();
  openDatabase({ path: at.path, ...now }).close();
  const database = openDatabase({ path: at.path, ...now }); // This one wrote nothing, and holds it all the same.
  const before = Deno.statSync(at.path).size;
  const other = () => {
    const source = `import { openDatabase } from ${JSON.stringify(import.meta.resolve("./open.ts"))};
      try { openDatabase({ path: Deno.args[0], programVersion: "1", nowMs: 1 }).close(); console.log("opened"); }
      catch (error) { console.log(error.kind, error.message); }`;
    const script = `${at.path}.ts`;
    Deno.writeTextFileSync(script, source);
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-lock",
        "--config",
        new URL("../../../deno.json", import.meta.url).pathname,
        "-A",
        script,
        at.path,
      ],
      stderr: "inherit",
    }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  };
  strictEqual(
    other(),
    `in-use Cannot open the database ${at.path}: it is in use by another instance of clawdbot; stop that one first; ` +
      "run `clawdbot status`",
  );
  strictEqual(Deno.statSync(at.path).size, before);
  database.close();
  strictEqual(other(), "opened");
});

Deno.test("a missing folder and a folder in the file's place are one clear line", () => {
  using at = folder();
  refused(`${at.path}/no/clawdbot.db`, "unreachable", /its folder doesn't exist/);
  Deno.mkdirSync(at.path);
  refused(at.path, "unreachable", /: .+/);
});

Deno.test("rights to the file and those beside it suffice; without them it is one clear line", () => {
  using at = folder();
  const script = `${at.path}.ts`;
  const main = new URL("../../../adapters/storage/sqlite/mod.ts", import.meta.url).href;
  Deno.writeTextFileSync(
    script,
    `import { open } from ${JSON.stringify(main)};
      try {
        const store = await open({ path: Deno.args[0], programVersion: "1", nowMs: 1 });
        await store.write((tx) => tx.insert("identities", { id: "a", nameEnc: null, version: 1, createdMs: 1 }));
        console.log(await store.read((tx) => tx.count("identities", {})));
        await store.close();
      } catch (error) { console.log(error.kind, error.message); }`,
  );
  const run = (files: readonly string[]) => {
    const { stdout } = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-lock",
        ...["--config", new URL("../../../deno.json", import.meta.url).pathname],
        ...files.length === 0 ? [] : [`--allow-read=${files}`, `--allow-write=${files}`],
        script,
        at.path,
      ],
      stderr: "inherit",
    }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  };
  strictEqual(run([at.path, `${at.path}-wal`, `${at.path}-shm`, `${at.path}-journal`]), "1");
  strictEqual(run([]), `unreachable Cannot open the database ${at.path}: this program may not read and write it`);
});
