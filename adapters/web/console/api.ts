import { type Context, Hono } from "hono";
import type { AuditView, ModelUse, ModelView, Verification as Verified } from "../../../core/console/types.ts";
import type {
  AuditDetail,
  AuditEntry,
  AuditList,
  ModelList,
  ModelLoad,
  ModelUnload,
  PluginList,
  Verification,
} from "../../../schema/api.ts";
import { tellPlugin } from "../../../core/plugins/told.ts";
import { localeOf } from "../../../core/text/mod.ts";
import { principalOf } from "../asking.ts";
import type { WebDeps } from "../deps.ts";
import { Problem } from "../problem.ts";
import type { WebEnv } from "../visitor.ts";
import { modelStateToWire } from "../wire.ts";
import { allowed } from "./view.ts";

/** `/api/models`: what is here, loaded and unloaded. Access is decided by the core, not here. */
export function modelRoutes({ console }: Pick<WebDeps, "console">): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/", async (c) => {
      const { models } = allowed(await console.models(principalOf(c)));
      return c.json<ModelList>({ models: models.map(modelToWire) });
    })
    .post("/:use/load", async (c) => {
      const { kind: result } = allowed(await console.load(principalOf(c), useOf(c)));
      if (result === "unknown") throw unknownModel();
      return c.json<ModelLoad>({ result }, result === "loading" ? 202 : 200);
    })
    .post("/:use/unload", async (c) => {
      const { kind: result } = allowed(await console.unload(principalOf(c), useOf(c)));
      if (result === "unknown") throw unknownModel();
      return c.json<ModelUnload>({ result });
    });
}

/** `/api/plugins`: where each stands, in the words of `?locale=`, or else of who asks. */
export function pluginRoutes({ console }: Pick<WebDeps, "console">): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/", (c) => {
      const wanted = c.req.query("locale");
      const locale = wanted === undefined ? c.get("visitor").locale : localeOf(wanted);
      const { plugins: { list, site } } = allowed(console.plugins(principalOf(c)));
      return c.json<PluginList>({
        plugins: list.map((plugin) => tellPlugin(plugin, locale, site)),
      });
    });
}

/** `/api/audit`: its entries, and whether the chain is whole. */
export function auditRoutes({ console }: Pick<WebDeps, "console">): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/", async (c) => {
      const [before, filter, limit] = [c.req.query("before"), c.req.query("filter"), Number(c.req.query("limit"))];
      const list = allowed(
        await console.audit(principalOf(c), {
          ...(before === undefined ? {} : { before }),
          ...(filter === undefined ? {} : { filter }),
          ...(Number.isSafeInteger(limit) && limit > 0 ? { limit } : {}),
        }),
      );
      return c.json<AuditList>({ entries: list.entries.map(entryToWire), next: list.next ?? null });
    })
    .get("/entries/:id", async (c) => {
      const result = allowed(await console.auditEntry(principalOf(c), c.req.param("id")));
      if (result.kind === "unknown") throw new Problem(404, (say) => say.console.noEntry);
      const { detail, hash, previousHash } = result.entry;
      const known = detail === undefined ? {} : { detail };
      return c.json<AuditDetail>({ ...entryToWire(result.entry), ...known, hash, previous_hash: previousHash });
    })
    .get("/verification", async (c) => {
      allowed(await console.audit(principalOf(c), { limit: 1 }));
      return c.json<Verification>(verificationToWire(console.verification()));
    })
    .post("/verification", async (c) => {
      const { verification } = allowed(await console.verifyAudit(principalOf(c)));
      return c.json<Verification>(verificationToWire(verification), 202);
    });
}

function useOf(c: Context<WebEnv>): ModelUse {
  const use = c.req.param("use");
  if (use !== "chat" && use !== "embedding") throw unknownModel();
  return use;
}

function unknownModel(): Problem {
  return new Problem(404, (say) => say.console.unknownModel);
}

function modelToWire({ name, file, use }: ModelView): ModelList["models"][number] {
  const { source, sha256, licence } = file?.record ?? {};
  const memoryBytes = use?.state.kind === "ready" ? use.state.info.memoryBytes : undefined;
  return {
    name,
    ...(file === undefined ? {} : {
      file: {
        path: file.path,
        bytes: file.fileBytes,
        ...(source === undefined ? {} : { source }),
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(licence === undefined ? {} : { licence }),
      },
    }),
    ...(use === undefined ? {} : {
      use: {
        for: use.use,
        state: modelStateToWire(use.state),
        since_ms: use.sinceMs,
        ...(memoryBytes === undefined ? {} : { memory_bytes: memoryBytes }),
        ...(use.server === undefined ? {} : { server: use.server }),
      },
    }),
  };
}

function entryToWire({ id, atMs, principal, name, action, resource, outcome }: AuditView): AuditEntry {
  return { id, at_ms: atMs, principal, ...(name === undefined ? {} : { name }), action, resource, outcome };
}

function verificationToWire(verification: Verified): Verification {
  if (verification.kind === "running") return { kind: "running", since_ms: verification.sinceMs };
  if (verification.kind === "never") return verification;
  const { atMs, verdict } = verification;
  return verdict.kind === "whole"
    ? { kind: "whole", at_ms: atMs, count: verdict.count, head: verdict.head ?? null }
    : { kind: "broken", at_ms: atMs, id: verdict.id, reason: verdict.reason };
}
