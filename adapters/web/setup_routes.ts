import { type Context, Hono } from "hono";
import type { Refused } from "../../core/assistant.ts";
import { ownerNameLengthMax } from "../../core/setup/answers.ts";
import { principalOf, refused } from "./asking.ts";
import { readForm } from "./body.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { configuredPage, proposalPage, type SetupForm, setupPage } from "./html/setup.ts";
import { frameOf } from "./page_request.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/** The first setup: a form that works without script, and what became of it. Ends in a proposal, changes nothing. */
export function setupRoutes({ setup }: Pick<WebDeps, "setup">, entrance: Entrance): Hono<WebEnv> {
  async function show(c: Context<WebEnv>, form: SetupForm = {}): Promise<Response> {
    const view = allowed(await setup.view(principalOf(c)));
    if (view.configPath !== undefined) return await c.html(configuredPage(frameOf(c), view.configPath));
    const asks = view.proposal === undefined || form.problem !== undefined || c.req.query("again") !== undefined;
    return await c.html(asks ? setupPage(frameOf(c), view, form) : proposalPage(frameOf(c), view.proposal!));
  }

  return new Hono<WebEnv>()
    .get("/", async (c, next) => {
      const { principal } = c.get("visitor");
      if (principal !== undefined && await setup.isDue(principal)) return c.redirect("/setup", 303);
      await next();
    })
    .get("/setup", (c) => show(c))
    .post("/setup", async (c) => {
      const principal = principalOf(c);
      const { csrf, model = "", telegram, owner_name = "" } = await readForm(c.req.raw);
      checkCsrf(c, csrf, entrance);
      const ownerName = owner_name.trim();
      const form = { model, telegram: telegram === "on", ownerName };
      if (ownerName.length > ownerNameLengthMax || /\p{Cc}/u.test(ownerName)) {
        c.status(422);
        return await show(c, { ...form, problem: "bad-owner" });
      }
      const result = allowed(
        await setup.propose(principal, {
          locale: c.get("visitor").locale,
          model,
          telegram: form.telegram,
          ...(ownerName === "" ? {} : { ownerName }),
        }),
      );
      if (result.kind === "unknown-model") throw new Problem(400, (say) => say.stale);
      return c.redirect("/setup", 303);
    })
    .post("/setup/later", async (c) => {
      const principal = principalOf(c);
      checkCsrf(c, (await readForm(c.req.raw)).csrf, entrance);
      allowed(await setup.putOff(principal));
      return c.redirect("/", 303);
    });
}

function allowed<Result extends { readonly kind: string }>(result: Result | Refused): Exclude<Result, Refused> {
  if (result.kind === "refused") throw refused((result as Refused).reason);
  return result as Exclude<Result, Refused>;
}
