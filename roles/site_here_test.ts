import { strictEqual, throws } from "node:assert/strict";
import { machineFacts, siteHere } from "./site_here.ts";

/** Runs with an empty home, in an empty working folder. */
async function inEmptyHome(body: (folders: { readonly home: string; readonly work: string }) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [home, work] = [`${folder}/home`, `${folder}/work`];
  const [cwd, homeBefore, xdgBefore] = [Deno.cwd(), Deno.env.get("HOME")!, Deno.env.get("XDG_CONFIG_HOME")];
  await Deno.mkdir(`${home}/.clawdbot`, { recursive: true });
  await Deno.mkdir(work);
  Deno.env.set("HOME", home);
  Deno.env.delete("XDG_CONFIG_HOME");
  Deno.chdir(work);
  try {
    body({ home, work });
  } finally {
    Deno.chdir(cwd);
    Deno.env.set("HOME", homeBefore);
    if (xdgBefore !== undefined) Deno.env.set("XDG_CONFIG_HOME", xdgBefore);
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the configuration is --config, else the working folder's, else the person's own, else none", async () => {
  await inEmptyHome(({ home, work }) => {
    const without = siteHere();
    strictEqual(without.configPath, undefined);
    strictEqual(without.dataFolder, `${home}/.clawdbot`);

    Deno.writeTextFileSync(`${home}/.clawdbot/config.yaml`, "");
    strictEqual(siteHere().configPath, `${home}/.clawdbot/config.yaml`);
    strictEqual(siteHere().databasePath, without.databasePath);
    strictEqual(siteHere().hostSocket, without.hostSocket);

    Deno.writeTextFileSync(`${work}/config.yaml`, "");
    strictEqual(siteHere().configPath, `${work}/config.yaml`);
    strictEqual(siteHere().dataFolder, `${work}/data`);

    Deno.writeTextFileSync(`${work}/other.yaml`, "");
    strictEqual(siteHere("other.yaml").configPath, `${work}/other.yaml`);
  });
});

Deno.test("a configuration that is still to be written is the one that --config names, else the person's own", async () => {
  await inEmptyHome(({ home, work }) => {
    throws(() => machineFacts("new.yaml"), /there is no file "new\.yaml"/);
    strictEqual(machineFacts("new.yaml", { planned: true }).configPath, `${work}/new.yaml`);
    strictEqual(machineFacts(undefined, { planned: true }).configPath, `${home}/.clawdbot/config.yaml`);
  });
});
