import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Principal } from "../../core/access.ts";
import type { Refused } from "../../core/assistant.ts";
import { filesMax } from "../../core/attachments/rows.ts";
import { bodyBytesMax, messageRequest } from "../../schema/api.ts";
import { takeIn } from "./attachment_routes.ts";
import { principalOf, refused, submitAs } from "./asking.ts";
import { readForm } from "./body.ts";
import type { Entrance, WebDeps } from "./deps.ts";
import { checkCsrf } from "./guard.ts";
import { handledHtml } from "./handled.ts";
import { accountCodePage } from "./html/account.ts";
import { handledPage } from "./html/handled.ts";
import { isMultipart, partsOf, textOf } from "./multipart.ts";
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
  /** The fields of a new message; files among them become uploads first. Without files, a form may be as any other. */
  async function readMessage(
    c: Context<WebEnv>,
    principal: Principal,
  ): Promise<{ readonly fields: Fields; readonly attachmentIds: readonly string[] }> {
    const fields: Record<string, string> = {};
    const attachmentIds: string[] = [];
    if (!isMultipart(c.req.header("content-type"))) Object.assign(fields, await readForm(c.req.raw));
    else {
      for await (const { name, fileName, content } of partsOf(c.req.raw)) {
        if (fileName === undefined) fields[name] = await textOf(content, bodyBytesMax);
        else if (fileName !== "") { // An empty name is a choice of no file.
          checkCsrf(c, fields.csrf, entrance); // It stands before all files.
          if (attachmentIds.length === filesMax) {
            throw new Problem(413, (say) => say.tooManyFiles(filesMax), { connection: "close" });
          }
          attachmentIds.push((await takeIn(c, deps.attachments, principal, fileName, content)).id);
        }
      }
    }
    checkCsrf(c, fields.csrf, entrance);
    return { fields, attachmentIds };
  }
  const idOf = (c: Context<WebEnv>) => c.req.param("id") ?? "";

  return new Hono<WebEnv>()
    .post("/messages", async (c) => {
      const principal = principalOf(c);
      const { fields: { csrf: _, session_id, replaces, ...fields }, attachmentIds } = await readMessage(c, principal);
      const { locale } = c.get("visitor");
      let isAccepted = false;
      try {
        const request = v.safeParse(messageRequest, {
          ...fields,
          ...(session_id ? { session_id } : {}),
          ...(replaces ? { replaces } : {}),
          ...(attachmentIds.length === 0 ? {} : { attachment_ids: attachmentIds }),
          locale,
        });
        if (!request.success) throw new Problem(400, (say) => say.stale);
        const result = await submitAs(deps, principal, { ...request.output, locale });
        isAccepted = result.kind === "accepted";
        if (result.kind !== "handled") return c.redirect(`/c/${result.sessionId}#end`, 303);
        const back = session_id && result.begins === undefined ? `/c/${session_id}` : "/";
        return await c.html(handledPage(frameOf(c), { text: await handledHtml(result.text, locale), back }));
      } finally {
        // Of a form that was refused, or sent twice, nothing stays.
        if (!isAccepted) { for (const id of attachmentIds) await deps.attachments.discard(principal, id); }
      }
    })
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
      "/approvals/:id/:verdict{approve|deny}",
      form(async (principal, { back }, c) => {
        const verdict = c.req.param("verdict") === "approve" ? "approve" : "deny";
        const { locale } = c.get("visitor");
        const { kind, text } = await deps.approvals.vote({ principal, which: { id: idOf(c) }, verdict, locale });
        if (kind === "refused") throw refused(text);
        if (kind === "wrong") throw new Problem(404, () => text);
        if (kind === "nothing") throw new Problem(409, () => text);
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
