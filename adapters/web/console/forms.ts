import { type Context, Hono } from "hono";
import type { Principal } from "../../../core/access.ts";
import type { ModelUse } from "../../../core/console/types.ts";
import type { Text } from "../../../core/text/mod.ts";
import { principalOf, refused } from "../asking.ts";
import { readForm } from "../body.ts";
import type { Entrance, WebDeps } from "../deps.ts";
import { checkCsrf } from "../guard.ts";
import { consolePage, sayConsole } from "../html/console/frame.ts";
import { linkCodeZones } from "../html/console/people.ts";
import { sayIn } from "../html/frame.ts";
import { Problem } from "../problem.ts";
import type { WebEnv } from "../visitor.ts";
import { consoleFrame } from "./frame_of.ts";
import { allowed, toSend } from "./view.ts";

type Done = keyof Text["web"]["console"]["done"];
type Why = keyof Text["web"]["error"]["console"];
type Fields = Readonly<Record<string, string>>;

/** What operators do, as forms. Each leads to where it is seen what it did. */
export function consoleForms(deps: WebDeps, entrance: Entrance): Hono<WebEnv> {
  const { console, people, clock } = deps;

  /** A route's work: does something on behalf of who asks, and says where that is seen and what to call it. */
  const form = (
    work: (
      principal: Principal,
      fields: Fields,
      c: Context<WebEnv>,
    ) => Promise<readonly [seenAt: string, done: Done]>,
  ) =>
  async (c: Context<WebEnv>): Promise<Response> => {
    const principal = principalOf(c);
    const fields = await readForm(c.req.raw);
    checkCsrf(c, fields.csrf, entrance);
    const [seenAt, done] = await work(principal, fields, c);
    return c.req.header("accept") === "application/json"
      ? c.body(null, 204)
      : c.redirect(`${seenAt}?done=${done}`, 303);
  };

  return new Hono<WebEnv>()
    .post(
      "/people/requests/:code/pair",
      form(async (principal, { name = "" }, c) => {
        const result = allowed(
          await people.pair(principal, { code: param(c, "code") }, name.trim() === "" ? {} : { name }),
        );
        if (result.kind === "unknown") throw why(404, "unknownRequest");
        return [`/console/people/${encodeURIComponent(result.person.id)}`, "paired"];
      }),
    )
    .post(
      "/people/requests/:code/refuse",
      form(async (principal, _fields, c) => {
        const result = allowed(await people.refuse(principal, param(c, "code")));
        if (result.kind === "unknown") throw why(404, "unknownRequest");
        return ["/console/people", "turnedAway"];
      }),
    )
    .post(
      "/people/:id/rename",
      form(async (principal, { name = "" }, c) => {
        const id = param(c, "id");
        const result = allowed(await people.rename(principal, id, name));
        if (result.kind === "unknown") throw why(404, "unknownPerson");
        if (result.kind === "bad-name") throw why(400, "badName");
        return [`/console/people/${encodeURIComponent(id)}`, "renamed"];
      }),
    )
    .post(
      "/people/:id/accounts/:account/unlink",
      form(async (principal, _fields, c) => {
        const result = allowed(await people.unlink(principal, param(c, "account")));
        if (result.kind === "unknown") throw why(404, "unknownPerson");
        if (result.kind === "kept") throw why(409, "kept");
        return [`/console/people/${encodeURIComponent(param(c, "id"))}`, "unlinked"];
      }),
    )
    .post("/people/:id/link-code", async (c) => {
      const principal = principalOf(c);
      checkCsrf(c, (await readForm(c.req.raw)).csrf, entrance);
      const id = param(c, "id");
      const list = allowed(await people.list(principal));
      const person = list.people.find((person) => person.id === id);
      const code = person === undefined ? undefined : allowed(await people.linkCode(principal, id));
      if (person === undefined || code?.kind !== "code") throw why(404, "unknownPerson");
      const frame = consoleFrame(deps, c, { part: "people" });
      return await c.html(consolePage(frame, {
        zones: await toSend(linkCodeZones(frame, person, code)),
        title: sayConsole(frame).parts.people,
        stream: "",
      }));
    })
    .post(
      "/models/:use/load",
      form(async (principal, _fields, c) => {
        const use = useOf(c);
        const result = allowed(await console.load(principal, use));
        if (result.kind === "unknown") throw why(404, "unknownModel");
        return [`/console/models/${use}`, "loading"];
      }),
    )
    .post(
      "/models/:use/unload",
      form(async (principal, _fields, c) => {
        const use = useOf(c);
        const result = allowed(await console.unload(principal, use));
        if (result.kind === "unknown") throw why(404, "unknownModel");
        if (result.kind === "busy") {
          const { busy } = sayIn(c.get("visitor").locale).console.models;
          throw new Problem(409, () => busy);
        }
        return [`/console/models/${use}`, "unloaded"];
      }),
    )
    .post(
      "/models/pull/:name",
      form(async (principal, _fields, c) => {
        const name = param(c, "name");
        const result = allowed(await console.pull(principal, name));
        if (result.kind === "unknown") throw why(404, "notOffered");
        if (result.kind === "busy") throw why(409, "pulling");
        return [`/console/models/${encodeURIComponent(name)}`, "pulling"];
      }),
    )
    .post(
      "/models/stop/:name",
      form(async (principal, _fields, c) => {
        const name = param(c, "name");
        const result = allowed(await console.stopPull(principal, name));
        if (result.kind === "unknown") throw why(404, "notPulling");
        return [`/console/models/${encodeURIComponent(name)}`, "pullStopped"];
      }),
    )
    .post("/approvals/halt", form((principal, _fields, c) => halting(principal, c, "halt")))
    .post("/approvals/resume", form((principal, _fields, c) => halting(principal, c, "resume")))
    .post(
      "/audit/verify",
      form(async (principal, _fields, c) => {
        allowed(await console.verifyAudit(principal));
        // A short chain is verified by then, so that the page needs no script to say so.
        await clock.sleep(verifyWaitMs, c.req.raw.signal);
        return ["/console/audit", "verifying"];
      }),
    );

  async function halting(
    principal: Principal,
    c: Context<WebEnv>,
    to: "halt" | "resume",
  ): Promise<readonly [string, Done]> {
    const { kind, text } = await deps.halts.change(to, principal, c.get("visitor").locale);
    if (kind === "refused") throw refused(text);
    return ["/console/approvals", to === "halt" ? "halted" : "resumed"];
  }

  function useOf(c: Context<WebEnv>): ModelUse {
    const use = param(c, "use");
    if (use !== "chat" && use !== "embedding") throw why(404, "unknownModel");
    return use;
  }

  /** Why it wasn't done, in the words of the console. */
  function why(status: 400 | 404 | 409, reason: Why): Problem {
    return new Problem(status, (say) => say.console[reason]);
  }
}

/** How long the answer to "verify" waits, in milliseconds. */
const verifyWaitMs = 300;

function param(c: Context<WebEnv>, name: string): string {
  return c.req.param(name) ?? "";
}
