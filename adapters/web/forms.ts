import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Principal } from "../../core/access.ts";
import type { Refused } from "../../core/assistant.ts";
import { messageRequest } from "../../schema/api.ts";
import { principalOf, refused, submitAs } from "./asking.ts";
import { readForm } from "./body.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { handledHtml } from "./handled.ts";
import { accountCodePage } from "./html/account.ts";
import { handledPage } from "./html/handled.ts";
import { frameOf, pathOf } from "./page_request.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

type Fields = Readonly<Record<string, string>>;

/**
 * What a person does, as forms: so each works without script. A form leads to the page that shows what it did; the
 * page's script, which wants none, sends the same and is answered 204.
 */
export function formRoutes(deps: WebDeps, entrance: Entrance): Hono<WebEnv> {
  const { assistant, people } = deps;

  /** A route's work: does something on behalf of who asks, and says where that is seen, or answers itself. */
  const form =
    (work: (principal: Principal, fields: Fields, c: Context<WebEnv>) => Promise<string | Response>) =>
    async (c: Context<WebEnv>): Promise<Response> => {
      const principal = principalOf(c);
      const fields = await readForm(c.req.raw);
      checkCsrf(c, fields.csrf, entrance);
      const seenAt = await work(principal, fields, c);
      if (seenAt instanceof Response) return seenAt;
      return c.req.header("accept") === "application/json" ? c.body(null, 204) : c.redirect(seenAt, 303);
    };
  const idOf = (c: Context<WebEnv>) => c.req.param("id") ?? "";

  return new Hono<WebEnv>()
    .post(
      "/messages",
      form(async (principal, { csrf: _, session_id, replaces, ...fields }, c) => {
        const { locale } = c.get("visitor");
        const request = v.safeParse(messageRequest, {
          ...fields,
          ...(session_id ? { session_id } : {}),
          ...(replaces ? { replaces } : {}),
          locale,
        });
        if (!request.success) throw new Problem(400, (say) => say.stale);
        const accepted = await submitAs(deps, principal, { ...request.output, locale });
        if (accepted.kind !== "handled") return `/c/${accepted.sessionId}#end`;
        const back = session_id && accepted.begins === undefined ? `/c/${session_id}` : "/";
        return await c.html(handledPage(frameOf(c), { text: await handledHtml(accepted.text, locale), back }));
      }),
    )
    .post(
      "/messages/:id/again",
      form(async (principal, { back }, c) => {
        const result = allowed(await assistant.answerAgain(principal, idOf(c)));
        if (result.kind === "busy") throw new Problem(409, (say) => say.answering);
        return `${pathOf(back)}#end`;
      }),
    )
    .post(
      "/messages/:id/show",
      form(async (principal, { back }, c) => {
        allowed(await assistant.showBranch(principal, idOf(c)));
        return pathOf(back);
      }),
    )
    .post(
      "/turns/:id/stop",
      form(async (principal, { back }, c) => {
        allowed(await assistant.stop(principal, idOf(c)));
        return pathOf(back);
      }),
    )
    .post(
      "/c/:id/rename",
      form(async (principal, { title = "" }, c) => {
        allowed(await assistant.renameSession(principal, idOf(c), title.replace(/\s+/g, " ").trim()));
        return `/c/${idOf(c)}`;
      }),
    )
    .post(
      "/c/:id/pin",
      form(async (principal, { pinned }, c) => {
        allowed(await assistant.pinSession(principal, idOf(c), pinned === "true"));
        return `/c/${idOf(c)}`;
      }),
    )
    .post(
      "/c/:id/remove",
      form(async (principal, _fields, c) => {
        allowed(await assistant.removeSession(principal, idOf(c)));
        return `/?removed=${idOf(c)}`;
      }),
    )
    .post(
      "/c/:id/restore",
      form(async (principal, _fields, c) => {
        const result = allowed(await assistant.restoreSession(principal, idOf(c)));
        if (result.kind === "gone") throw new Problem(410, (say) => say.gone);
        return `/c/${idOf(c)}`;
      }),
    )
    .post(
      "/account/code",
      form(async (principal, _fields, c) => {
        const result = allowed(await people.linkCode(principal));
        if (result.kind === "unknown") throw new Problem(404, (say) => say.notFound);
        return await c.html(accountCodePage(frameOf(c), result));
      }),
    )
    .post(
      "/account/:id/unlink",
      form(async (principal, _fields, c) => {
        const result = allowed(await people.unlink(principal, idOf(c)));
        if (result.kind === "unknown") throw new Problem(404, (say) => say.unknownAccount);
        if (result.kind === "kept") throw new Problem(409, (say) => say.accountKept);
        return "/account";
      }),
    );
}

function allowed<Result extends { readonly kind: string }>(result: Result | Refused): Exclude<Result, Refused> {
  if (result.kind === "refused") throw refused((result as Refused).reason);
  return result as Exclude<Result, Refused>;
}
