import { databaseFiles } from "../../../core/permissions.ts";
import { megabytes } from "../progress.ts";
import { type Check, type Scene, shellWord, statOf, type Told } from "./scene.ts";

/** Whether others could read or change what is this site's own. */
export const foldersCheck: Check = {
  check: "folders",
  run(scene) {
    const { tools: { site, plan }, said: { folders: said } } = scene;
    const secrets = plan.kind === "planned" ? plan.secrets : [];
    const secretFiles = secrets.flatMap(({ reference }) => reference.kind === "file" ? [reference.file] : []);
    const closed = [site.dataFolder, ...databaseFiles(site.databasePath), site.keyPath, ...secretFiles];
    const places = closed.filter((path) => statOf(path) !== undefined);
    const told: Told[] = places.flatMap((path) => closedProblem(path, scene));
    const { configPath } = site;
    if (configPath !== undefined) {
      places.push(configPath);
      const mode = statOf(configPath)?.mode ?? 0;
      const holdsSecret = secrets.some(({ reference }) => reference.kind === "literal");
      const mend = `chmod 600 ${shellWord(configPath)}`;
      if ((mode & 0o022) !== 0) told.push({ state: "bad", reason: said.writable(configPath), mend });
      else if (holdsSecret && (mode & 0o044) !== 0) {
        told.push({ state: "bad", reason: said.secretInside(configPath), mend });
      }
    }
    return told.length > 0 ? told : [{ state: "good", reason: said.good(places.length) }];
  },
};

function closedProblem(path: string, { said: { folders: said } }: Scene): Told[] {
  const { mode, uid, isDirectory } = statOf(path)!;
  if (uid !== null && uid !== Deno.uid()) {
    return [{ state: "bad", reason: said.stranger(path), mend: `chown "$(id -u)" ${shellWord(path)}` }];
  }
  if (((mode ?? 0) & 0o077) === 0) return [];
  return [{ state: "bad", reason: said.open(path), mend: `chmod ${isDirectory ? 700 : 600} ${shellWord(path)}` }];
}

/** Whether the key is there. */
export const keyCheck: Check = {
  check: "key",
  run({ tools: { site }, said: { key: said } }) {
    const { keyPath, databasePath } = site;
    const key = statOf(keyPath);
    if (key === undefined) {
      const isNeeded = (statOf(databasePath)?.size ?? 0) > 0;
      return [
        isNeeded
          ? { state: "bad", reason: said.missing(keyPath, databasePath) }
          : { state: "good", reason: said.none(keyPath) },
      ];
    }
    if (key.size !== 32) return [{ state: "bad", reason: said.length(keyPath, key.size) }];
    // Whether others may read it is told with the other files.
    return ((key.mode ?? 0) & 0o077) === 0 ? [{ state: "good", reason: said.good(keyPath) }] : [];
  },
};

/** Whether one stolen disk is enough to read everything. */
export const keyAndDataCheck: Check = {
  check: "key-and-data",
  run({ tools: { site }, said: { keyAndData: said } }) {
    const [key, data] = [statOf(site.keyPath), statOf(site.databasePath)];
    if (key === undefined || data === undefined) return [{ state: "skipped", reason: said.unmade }];
    return key.dev === data.dev
      ? [{ state: "warning", reason: said.together(site.keyPath) }]
      : [{ state: "good", reason: said.apart }];
  },
};

/** Below this the next start may fail; below that, somebody should know. In bytes. */
const diskBytes = { bad: 200_000_000, warning: 1_000_000_000 };

/** Whether there is room: for what is written every day, and for a model that isn't here yet. */
export const diskCheck: Check = {
  check: "disk",
  async run({ tools: { site, plan }, context: { models }, said: { disk: said } }) {
    const folders = [...new Set([site.dataFolder, site.databasePath.slice(0, site.databasePath.lastIndexOf("/"))])];
    const free = await Promise.all(folders.map(async (folder) => ({ folder, ...(await models.room(folder)) })));
    const { catalogue } = await import("../../../core/catalogue.ts");
    const model = plan.kind === "planned" && "path" in plan.model ? plan.model : undefined;
    const needed = model === undefined || statOf(model.path) !== undefined
      ? 0
      : catalogue.find(({ name }) => name === model.name)?.fileBytes ?? 0;
    return free.map(({ folder, diskBytes: bytes }): Told => {
      const size = megabytes(bytes);
      if (folder === site.dataFolder && needed > 0 && bytes < needed + diskBytes.bad) {
        return { state: "bad", reason: said.short(folder, size, megabytes(needed)) };
      }
      if (bytes < diskBytes.bad) return { state: "bad", reason: said.low(folder, size) };
      if (bytes < diskBytes.warning) return { state: "warning", reason: said.low(folder, size) };
      return { state: "good", reason: said.good(folder, size) };
    });
  },
};

/** What programs that were killed left, and what waits for a person. */
export const leftoversCheck: Check = {
  check: "leftovers",
  run({ tools: { site, isLive, libraries }, said: { leftovers: said } }) {
    const parent = (path: string) => path.slice(0, path.lastIndexOf("/"));
    const told: Told[] = [];
    const warn = (reason: string, mend?: string) =>
      told.push({ state: "warning", reason, ...(mend === undefined ? {} : { mend }) });
    for (const path of filesIn(site.modelsFolder, /\.part$/)) {
      warn(said.part(path, megabytes(statOf(path)?.size ?? 0)), `rm ${shellWord(path)}`);
    }
    const unfinished = [
      ...filesIn(parent(site.keyPath), /^\.key-\d+$/),
      ...(site.configPath === undefined
        ? []
        : filesIn(parent(site.configPath), new RegExp(`^\\.${escaped(site.configPath)}(?:\\.bak)?\\.\\d+$`))),
      ...filesIn(parent(libraries.folder), /^\.unfinished-/),
    ];
    for (const path of unfinished) warn(said.unfinished(path), `rm -r ${shellWord(path)}`);
    if (!isLive && statOf(site.runtimeFolder) !== undefined) warn(said.runtime(site.runtimeFolder));
    if (statOf(site.proposalPath) !== undefined) warn(said.proposal(site.proposalPath), "clawdbot config apply");
    return told.length > 0 ? told : [{ state: "good", reason: said.none }];
  },
};

function escaped(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/[^\w]/g, "\\$&");
}

/** At most so many are told of one folder. */
const filesMax = 20;

function filesIn(folder: string, pattern: RegExp): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .flatMap(({ name }) => pattern.test(name) ? [`${folder}/${name}`] : [])
      .sort()
      .slice(0, filesMax);
  } catch {
    return [];
  }
}
