import type { Finding } from "../../../core/doctor.ts";
import type { DatabaseLook } from "../context.ts";
import { megabytes } from "../progress.ts";
import { type Check, type Scene, statOf, type Told } from "./scene.ts";

/** A file that changes while it is looked at is looked at again, so often. */
const looksMax = 5;

/** Whether the database is whole. Read only, also while the host has it open. */
export const databaseCheck: Check = {
  check: "database",
  async run(scene) {
    const { tools: { site: { databasePath: path }, isLive }, said: { database: said } } = scene;
    if (!isMade(path)) return [{ state: "good", reason: said.none(path) }];
    return await steady(scene, (seen) => {
      const { fileBytes, schema: { found, known } } = seen;
      const [problem] = seen.problems();
      if (problem !== undefined) return bad(said.damaged(path, problem));
      if (found === 0) return bad(said.foreign(path));
      if (found > known) return bad(said.newer(path, found, known));
      const size = megabytes(fileBytes);
      return [{ state: "good", reason: isLive ? said.live(path, size) : said.good(path, size) }];
    });
  },
};

/** Whether the audit's chain is whole, as far as the file itself can show. */
export const auditCheck: Check = {
  check: "audit",
  async run(scene) {
    const { tools: { site: { databasePath, keyPath } }, said: { audit: said, database } } = scene;
    if (!isMade(databasePath)) return [{ state: "good", reason: said.empty }];
    const key = keyOf(keyPath);
    if (key === undefined) return [{ state: "skipped", reason: said.noKey }];
    return await steady(scene, async (seen) => {
      const { found, known } = seen.schema;
      if (found === 0) return [{ state: "skipped", reason: database.foreign(databasePath) }];
      if (found > known) return [{ state: "skipped", reason: database.newer(databasePath, found, known) }];
      const verdict = await seen.audit(key);
      switch (verdict.kind) {
        case "empty":
          return [{ state: "good", reason: said.empty }];
        case "wrong-key":
          return bad(said.wrongKey);
        case "broken":
          return bad(said.broken(verdict.id, verdict.reason));
        case "whole":
          return [{ state: "good", reason: said.good(verdict.count) }];
      }
    });
  },
};

/** A file that a start has made and not filled yet is as good as none. */
function isMade(path: string): boolean {
  return (statOf(path)?.size ?? 0) > 0;
}

function bad(reason: string): Told[] {
  return [{ state: "bad", reason }];
}

/** Looks until the file was the same before and after. What is found of one that changed meanwhile says nothing. */
async function steady(
  { tools, said }: Scene,
  look: (seen: DatabaseLook) => readonly Told[] | Promise<readonly Told[]>,
): Promise<readonly Told[]> {
  const { site: { databasePath: path } } = tools;
  let last: Pick<Finding, "state" | "reason"> = { state: "skipped", reason: said.database.changing(path) };
  for (let looks = 0; looks < looksMax; looks++) {
    using seen = await opened(path, tools);
    if (seen instanceof Failed) return bad(said.database.damaged(path, seen.reason));
    let told: readonly Told[];
    try {
      told = await look(seen);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // Pages that don't fit together are met while reading, too.
      told = bad(said.database.damaged(path, error.message.split("\n")[0]!));
    }
    if (!seen.hasChanged()) return told;
    last = { state: "skipped", reason: said.database.changing(path) };
  }
  return [last];
}

class Failed implements Disposable {
  constructor(readonly reason: string) {}
  [Symbol.dispose](): void {}
}

async function opened(path: string, tools: Scene["tools"]): Promise<DatabaseLook | Failed> {
  try {
    return await tools.lookAtDatabase(path);
  } catch (error) {
    return new Failed(error instanceof Error ? error.message.split("\n")[0]! : String(error));
  }
}

function keyOf(path: string): Uint8Array | undefined {
  if (statOf(path)?.size !== 32) return undefined;
  try {
    return Deno.readFileSync(path);
  } catch {
    return undefined;
  }
}
