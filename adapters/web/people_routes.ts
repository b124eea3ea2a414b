import { Hono } from "hono";
import type { Pairing, Person } from "../../core/people.ts";
import * as api from "../../schema/api.ts";
import { principalOf, refused } from "./asking.ts";
import { readJson } from "./body.ts";
import type { WebDeps } from "./deps.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/** `/api/people`: who is known, by which accounts. Who may see and change it is decided by the core, not here. */
export function peopleRoutes({ people }: Pick<WebDeps, "people">): Hono<WebEnv> {
  const unknownPerson = () => new Problem(404, (say) => say.unknownPerson);
  return new Hono<WebEnv>()
    .get("/", async (c) => {
      const result = await people.list(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<api.PersonList>({ people: result.people.map(personToWire) });
    })
    .get("/self", async (c) => {
      const result = await people.self(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<api.PersonShown>({ person: personToWire(result.person) });
    })
    .post("/accounts/:id/unlink", async (c) => {
      const result = await people.unlink(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "unknown") throw new Problem(404, (say) => say.unknownAccount);
      return c.json<api.AccountUnlinked>({ result: result.kind, person: personToWire(result.person) });
    })
    .post("/:id/rename", async (c) => {
      const { name } = await readJson(c.req.raw, api.personRename);
      const result = await people.rename(principalOf(c), c.req.param("id"), name);
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "unknown") throw unknownPerson();
      if (result.kind === "bad-name") throw new Problem(400, (say) => say.badName);
      return c.json<api.PersonShown>({ person: personToWire(result.person) });
    })
    .post("/:id/link-code", async (c) => {
      const id = c.req.param("id");
      const result = await people.linkCode(principalOf(c), ...id === "self" ? [] : [id]);
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "unknown") throw unknownPerson();
      return c.json<api.LinkCode>({ code: result.code, expires_ms: result.expiresMs });
    });
}

/** `/api/pairings`: who asks to be let in. */
export function pairingRoutes({ people }: Pick<WebDeps, "people">): Hono<WebEnv> {
  const unknownCode = () => new Problem(404, (say) => say.unknownPairing);
  return new Hono<WebEnv>()
    .get("/", async (c) => {
      const result = await people.pairings(principalOf(c));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<api.PairingList>({ pairings: result.pairings.map(pairingToWire) });
    })
    .post("/confirm", async (c) => {
      const { code, name } = await readJson(c.req.raw, api.pairingConfirm);
      const result = await people.pair(principalOf(c), { code }, name === undefined ? {} : { name });
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "unknown") throw unknownCode();
      return c.json<api.PairingConfirmed>({ result: result.kind, person: personToWire(result.person) });
    })
    .post("/refuse", async (c) => {
      const { code } = await readJson(c.req.raw, api.pairingRefuse);
      const result = await people.refuse(principalOf(c), code);
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "unknown") throw unknownCode();
      return c.json<api.PairingRefused>({ result: "refused", pairing: pairingToWire(result.pairing) });
    });
}

/** A person with the names of the wire. */
export function personToWire({ createdMs, roles, accounts, ...person }: Person): api.Person {
  return {
    ...person,
    roles: [...roles],
    created_ms: createdMs,
    accounts: accounts.map(({ createdMs: created_ms, ...account }) => ({ ...account, created_ms })),
  };
}

/** A request with the names of the wire. */
export function pairingToWire({ createdMs, expiresMs, refusedMs, ...pairing }: Pairing): api.Pairing {
  return { ...pairing, created_ms: createdMs, expires_ms: expiresMs, refused_ms: refusedMs };
}
