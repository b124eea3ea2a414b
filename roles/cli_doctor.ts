import * as v from "valibot";
import type { DatabaseLook, DoctorTools } from "../adapters/cli/context.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { llamaPackageVersion } from "../adapters/engines/llama/release.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { lookAtDatabase } from "../adapters/storage/sqlite/look.ts";
import { verifyAudit } from "../core/audit.ts";
import { openVault } from "../core/vault.ts";
import { type Enforcement, parseConfinement } from "../core/host_start.ts";
import { configSchema } from "../schema/config.ts";
import { answerFor, secretOf } from "./cli_config.ts";
import { libraryDigestsHere } from "./library_digests_here.ts";
import { checkout, isPackaged, programHere } from "./program_here.ts";
import { resolveSecret } from "./resolve_secret.ts";
import { siteHere } from "./site_here.ts";

/** What `doctor` looks with. Everything is read, nothing changed. @throws {MendableError} As {@link siteHere}. */
export async function doctorTools(configPath: string | undefined): Promise<DoctorTools> {
  const answer = await answerFor(configPath);
  const site = "problems" in answer ? siteHere(configPath) : answer.site;
  const resolved = "problems" in answer
    ? []
    : answer.secrets.map((wanted) => ({ ...secretOf(wanted, answer), value: resolveSecret(wanted, site.baseFolder) }));
  const isLive = isLocked(site.lockPath);
  const { librariesFolder } = programHere(site.baseFolder);
  const digests = libraryDigestsHere(librariesFolder, isPackaged);
  return {
    site,
    isLive,
    plan: "problems" in answer ? { kind: "bad", ...answer } : {
      kind: "planned",
      processes: answer.processes,
      config: v.parse(configSchema, answer.start.document as object),
      model: answer.start.model,
      ...(answer.start.embedding === undefined ? {} : { embedding: answer.start.embedding }),
      secrets: resolved.map(({ value, ...secret }) => ({
        ...secret,
        ...("failure" in value ? { failure: value.failure } : {}),
      })),
    },
    confinement: await confinementHere(),
    versions: { deno: Deno.version.deno, llama: llamaPackageVersion, platform: `${Deno.build.os} ${Deno.build.arch}` },
    libraries: {
      folder: librariesFolder,
      ...(digests === undefined ? {} : { digests }),
    },
    programFile: `${checkout}/deno.json`,
    revealSecret(path) {
      const found = resolved.find((secret) => secret.path === path)?.value;
      return found !== undefined && "value" in found ? found.value : undefined;
    },
    lookAtDatabase: (path) => Promise.resolve(look(path, isLive)),
  };
}

/** What the executable's launcher says that this machine enforces; nothing where there is none. */
async function confinementHere(): Promise<readonly Enforcement[]> {
  const executable = Deno.env.get("CLAWDBOT_EXECUTABLE");
  if (executable === undefined) return [];
  const { code, stdout, stderr } = await new Deno.Command(executable, { args: ["__enforced"] }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr).trim());
  return parseConfinement(JSON.parse(new TextDecoder().decode(stdout)));
}

/** Whether a launcher holds this site: its lock ends with it, whereas the process id in the file may be another's by now. */
function isLocked(lockPath: string): boolean {
  try {
    using file = Deno.openSync(lockPath);
    return !file.tryLockSync(false);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false; // not there, or not this user's
  }
}

function look(path: string, isLive: boolean): DatabaseLook {
  const seen = lookAtDatabase(path, { isLive });
  const { store } = seen;
  return {
    ...seen,
    async audit(key) {
      const isNew = await store.read((tx) => tx.count("dataKeys", {})) === 0;
      if (isNew) return { kind: "empty" };
      const opened = await openVault({
        store,
        crypto: createNodeCrypto(),
        random: systemRandom,
        clock: systemClock,
        keyEncryptionKey: key,
      });
      if (opened.kind === "wrong-key") return opened;
      const verdict = await verifyAudit(store, opened.vault);
      const [last] = await store.read((tx) => tx.find("audit", {}, { order: [["id", "desc"]], limit: 1 }));
      return { ...verdict, ...(last === undefined ? {} : { atMs: last.atMs }) };
    },
    [Symbol.dispose]: () => seen[Symbol.dispose](),
  };
}
