import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { checkout } from "../../../roles/program_here.ts";
import { type Site, startSite } from "../../site.ts";
import { ask, messagesOf, post, until, untilMessages, withFolder } from "../talk.ts";

// Goal: whatever the disk does, what was acknowledged is there afterwards, what can't be stored says so in a line, and
// when the disk is well again all goes on by itself.
// Method: a real host with a scripted engine, on small file systems that are filled, made read-only and damaged.

/** Only root mounts file systems. */
const ignore = Deno.uid() !== 0;
const scripted = `${checkout}/tests/bench/scripted_main.ts`;
const slow = `${checkout}/tests/e2e/slow_main.ts`;

Deno.test("a disk that becomes read-only: what comes is refused with why, and status and readiness say so", {
  ignore,
}, async () => {
  await withFolder(async (folder) => {
    const image = `${folder}/disk`;
    await sh(`truncate -s 16M ${image} && mkfs.ext4 -q ${image} && mkdir ${folder}/site`);
    await sh(`mount -o loop,errors=remount-ro ${image} ${folder}/site`);
    try {
      {
        await using site = await startSite({ folder: `${folder}/site`, main: scripted });
        await site.untilReady();
        await untilMessages(site, await ask(site, "before"), 2);
        // What the kernel does when it meets an error that it can't go on after. Source: ext4(5), "abort".
        await sh(`mount -o remount,abort ${folder}/site`);
        const refused = await post(site, "meanwhile", "meanwhile");
        strictEqual(refused.status, 503);
        match((await refused.json()).error.message, /^The database can't be written, so this was not stored;/);
        const { database } = await (await site.api("/api/status")).json();
        strictEqual(database.kind, "failed");
        strictEqual((await fetch(`${site.url}/readyz`).then((response) => response.json())).ready, false);
        await site.stop();
      }
      await sh(`umount ${folder}/site; fsck.ext4 -p ${image}; mount -o loop ${image} ${folder}/site`);
      await using site = await startSite({ folder: `${folder}/site`, main: scripted });
      await site.untilReady();
      const copy = await (await post(site, "before", "before")).json();
      strictEqual(copy.duplicate, true, "what was acknowledged before is there");
      await untilMessages(site, await ask(site, "meanwhile"), 4);
    } finally {
      await sh(`umount ${folder}/site`);
    }
  });
});

Deno.test("a disk that fills up in the middle of an answer: the answer is kept until there is room", {
  ignore,
}, async () => {
  await withFolder(async (folder) => {
    await onSmallDisk(`${folder}/data`, "4m", async (disk) => {
      await using site = await startSite({ folder, main: slow });
      await site.untilReady();
      const accepted = await ask(site, "10 words, one in 300 ms");
      await site.untilSaid(/generation begins/);
      await fill(`${disk}/filler`);
      await untilRefused(site, 507);
      await site.untilSaid(/generation ends: stop/);
      await site.untilSaid(/commit refused, trying again/);
      strictEqual((await messagesOf(site, accepted)).filter(({ author }) => author === "assistant").length, 0);
      await Deno.remove(`${disk}/filler`);
      await until(
        site,
        "answered",
        async () =>
          (await messagesOf(site, accepted)).some(({ author, text }) => author === "assistant" && /word9/.test(text)),
      );
      const { database } = await (await site.api("/api/status")).json();
      strictEqual(database.kind, "ready");
    });
  });
});

Deno.test("a disk that is full when the host is killed loses nothing that was acknowledged", { ignore }, async () => {
  await withFolder(async (folder) => {
    await onSmallDisk(`${folder}/data`, "4m", async (disk) => {
      await using site = await startSite({ folder, main: scripted });
      await site.untilReady();
      await fill(`${disk}/filler`);
      const taken = await untilRefused(site, 507);
      const [host] = site.pids("host");
      Deno.kill(host!, "SIGKILL");
      await site.untilStarted("host", [host!]);
      await Deno.remove(`${disk}/filler`);
      await site.untilReady();
      for (const id of taken) {
        const copy = await (await post(site, id, id)).json();
        strictEqual(copy.duplicate, true, `${id} was acknowledged and lost`);
      }
    });
  });
});

Deno.test("a data folder that can't be written at the start is one line", { ignore }, async () => {
  await withFolder(async (folder) => {
    await onSmallDisk(`${folder}/data`, "2m", async (disk) => {
      await sh(`mount -o remount,ro ${disk}`);
      match(
        await lastWords(folder),
        /^Cannot start: (?:Read-only file system .*\/data\/|mkdir .*\/data\/.*: read-only file system)/,
      );
      await sh(`mount -o remount,rw ${disk}`);
      await fill(`${disk}/filler`);
      match(await lastWords(folder), /^Cannot start: .*no space left on device/i);
      await Deno.remove(`${disk}/filler`);
      await using site = await startSite({ folder, main: scripted });
      await site.untilReady();
    });
  });
});

Deno.test("a large database with damaged pages is one line, exit 1, and isn't tried again and again", async () => {
  await withFolder(async (folder) => {
    {
      await using site = await startSite({ folder, main: scripted });
      await site.untilReady();
      for (let index = 0; index < 160; index++) await ask(site, `${index} ${"x".repeat(30_000)}`);
    }
    const path = `${folder}/data/clawdbot.db`;
    const bytes = await Deno.readFile(path);
    ok(bytes.length > 4 * 1024 * 1024, "so small a file is checked whole before it is used");
    for (let page = 3; page * 4_096 < bytes.length; page += 40) bytes.fill(0xa5, page * 4_096, page * 4_096 + 64);
    await Deno.writeFile(path, bytes);
    match(await lastWords(folder), /^Cannot use the database .*: The database file is damaged: restore a backup$/);
  });
});

Deno.test("a data folder that is moved away while it is open: all goes on, and status says what to do", async () => {
  await withFolder(async (folder) => {
    {
      await using site = await startSite({ folder, main: scripted });
      await site.untilReady();
      await ask(site, "before");
      await Deno.rename(`${folder}/data`, `${folder}/elsewhere`);
      await ask(site, "meanwhile");
      let database: { kind: string; reason: string };
      await until(site, "degraded", async () => {
        ({ database } = await (await site.api("/api/status")).json());
        return database.kind === "degraded";
      });
      match(database!.reason, /moved or replaced .* stop Clawdbot, put it back, and start again$/);
      // A host that is started anew while it is away makes no second database in its place.
      const [host] = site.pids("host");
      Deno.kill(host!, "SIGKILL");
      strictEqual(await site.ended, 1);
      match(site.stderr(), /^Cannot start: the data folder ".*" was moved or replaced; put it back, and start again$/m);
    }
    await rejects(Deno.stat(`${folder}/data`), Deno.errors.NotFound);
    await Deno.rename(`${folder}/elsewhere`, `${folder}/data`);
    await using site = await startSite({ folder, main: scripted });
    await site.untilReady();
    for (const id of ["before", "meanwhile"]) {
      strictEqual((await (await post(site, id, id)).json()).duplicate, true, `"${id}" was lost`);
    }
  });
});

Deno.test("a second instance on the same folder is one line that says which process has it", async () => {
  await withFolder(async (folder) => {
    await using site = await startSite({ folder, main: scripted });
    await site.untilReady();
    const [launcher] = site.pids("launcher");
    match(await lastWords(folder), new RegExp(`is in use by another Clawdbot, process ${launcher}; run \`kill`));
    await untilMessages(site, await ask(site, "still here"), 2);
  });
});

/** What a site says last that doesn't start. */
async function lastWords(folder: string): Promise<string> {
  await using site = await startSite({ folder, main: scripted });
  strictEqual(await site.ended, 1, site.stderr());
  const lines = site.stderr().split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  strictEqual(lines.length, 1, site.stderr());
  return lines[0]!;
}

/** Sends until the disk is full; resolves with what was taken in. */
async function untilRefused(site: Site, status: number): Promise<string[]> {
  const taken: string[] = [];
  for (let index = 0; index < 500; index++) {
    const id = `${index} ${"x".repeat(20_000)}`;
    const response = await post(site, id, `${index}`);
    if (response.status === 202) taken.push(`${index}`);
    else {
      strictEqual(response.status, status, await response.text());
      return taken;
    }
  }
  throw new Error("The disk never filled up");
}

async function onSmallDisk(folder: string, size: string, body: (folder: string) => Promise<void>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await sh(`mount -t tmpfs -o size=${size},mode=700 tmpfs ${folder}`);
  try {
    await body(folder);
  } finally {
    await sh(`umount ${folder}`);
  }
}

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(4_096);
  await rejects(async () => {
    for (;;) await file.write(block);
  }, /No space left/);
}

async function sh(command: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", { args: ["-c", command], stdout: "null" }).output();
  ok(success, `${command}: ${new TextDecoder().decode(stderr)}`);
}
