import type { People, Person } from "../core/people.ts";
import { fakeCode } from "./fake_assistant.ts";

const nobody = { kind: "unknown" } as const;
/** The person that {@link createFakeLogins} logs in. */
export const fakePerson: Person = {
  id: "owner",
  name: "Ann",
  owner: true,
  roles: ["administrator", "user"],
  createdMs: 0,
  accounts: [
    { id: "page", channel: "web", account: "owner", name: "", createdMs: 0 },
    { id: "terminal", channel: "terminal", account: "local", name: "", createdMs: 0 },
    { id: "chat", channel: "telegram", account: "4711", name: "Ann\u202e (@ann)", createdMs: 0 },
  ],
};

/** People of whom nobody is known but the owner. */
export const fakePeople: People = {
  pairings: async () => ({ kind: "pairings", pairings: [] }),
  pair: async () => nobody,
  refuse: async () => nobody,
  list: async () => ({ kind: "people", people: [fakePerson] }),
  self: async () => ({ kind: "person", person: fakePerson }),
  rename: async () => nobody,
  unlink: async (_by, id) => id === "chat" ? { kind: "unlinked", person: fakePerson } : nobody,
  linkCode: async () => ({ kind: "code", code: fakeCode, expiresMs: Number.MAX_SAFE_INTEGER }),
};
