import { decide, nameOf, type Principal, rolesOf } from "./access.ts";
import type { Approvals, Verdict } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import type { Halts } from "./halt.ts";
import { admit } from "./message/admission.ts";
import { newestContext } from "./message/contexts.ts";
import { commitWithEffects, type Effects, type WithEffects } from "./message/effects.ts";
import { type Known, nameOfIdentity, openAccount, ownerAccount, resolveIdentity } from "./message/identities.ts";
import { inCode, turnAway } from "./message/pairings.ts";
import { answerWith, copyOf } from "./message/receipts.ts";
import { findSession, leaveSession, type SessionPlace } from "./message/sessions.ts";
import type { LinkDeps } from "./message/strangers.ts";
import type { InboundMessage, IntakeResult } from "./message/types.ts";
import type { ReadTx, Tx } from "./ports/store.ts";
import { contextText } from "./prompt_context.ts";
import type { Tables } from "./tables.ts";
import { type Locale, type Text, text } from "./text/mod.ts";

/** A message that begins with `/` and one of the words below. */
export interface CommandWords {
  readonly name: CommandName;
  /** What stands behind it, without blanks around. */
  readonly argument: string;
}

/** What commands work with. */
export interface CommandDeps extends LinkDeps {
  /** Cancels a queued or running turn; false when it had ended already. */
  readonly stop: (turnId: string) => Promise<boolean>;
  /** Told of each copy that was dropped. */
  readonly copied: () => void;
  readonly approvals: Pick<Approvals, "prepare">;
  readonly halts: Pick<Halts, "halt" | "resume" | "noticed">;
}

/** One command, as somebody gave it. */
interface Call {
  readonly deps: CommandDeps;
  readonly inbound: InboundMessage;
  readonly principal: Known;
  readonly argument: string;
  readonly at: SessionPlace;
  /** What is said here goes on in it. */
  readonly session: Tables["sessions"] | undefined;
  readonly said: Text["commands"];
}

/** What a command answers, and what it leaves to be done after the commit. */
interface Reply extends Partial<Effects> {
  readonly text: string;
  /** What is said next begins another session. */
  readonly begins?: true;
  readonly kept?: () => void;
}

/** A command. */
interface Command {
  /** Only where nobody else reads along. */
  readonly isPrivate?: true;
  /** Only by those who manage people. */
  readonly manages?: true;
  /** Also by those who may not chat: it decides itself who may. */
  readonly isOpen?: true;
  /** Prepares it outside of a transaction, for what can't be done in one; what is returned does it in one. */
  begin(call: Call): Promise<(tx: Tx) => Reply>;
}

/** Who speaks: what is typed in the terminal is the word of whoever reaches it. */
const speakerOf = ({ inbound, principal }: Call): Principal =>
  inbound.channel === ownerAccount.channel ? { kind: "local" } : principal;

async function vote(call: Call, verdict: Verdict) {
  const { said, argument, inbound: { locale }, deps } = call;
  if (argument === "") return () => ({ text: said.codeMissing(`/${verdict}`) });
  const principal = speakerOf(call);
  const prepared = await deps.approvals.prepare({ principal, which: { code: argument }, verdict, locale });
  if ("kind" in prepared) return () => prepared;
  return (tx: Tx): Reply => {
    const { result: { text }, effects } = prepared(tx);
    return { text, ...effects };
  };
}

function halting(
  { deps: { halts } }: Call,
  { result: { text }, effects }: WithEffects<{ readonly text: string }>,
): Reply {
  return { text, ...effects, kept: () => void halts.noticed() };
}

/** A command that is done in its transaction. */
const at = (run: (call: Call, tx: Tx) => Reply) => async (call: Call) => (tx: Tx) => run(call, tx);

/** Every command, in the order of the help. Other words that begin with `/` go to the model. */
const commands = {
  start: {
    begin: at(({ said, principal, deps: { vault } }, tx) => greeting(said, nameOfIdentity(tx, vault, principal.id))),
  },
  new: {
    begin: at(({ said, deps: { vault }, at }, tx) => {
      leaveSession(tx, vault, at);
      return { text: said.new, begins: true };
    }),
  },
  stop: {
    // First, and then remembered: after a crash between the two the copy stops again, which is nothing.
    async begin(call) {
      const { said, deps: { store, stop } } = call;
      const turns = await store.read((tx) => unfinishedHere(tx, call));
      let stopped = 0;
      for (const id of turns) if (await stop(id)) stopped++;
      return () => ({ text: said.stop(stopped) });
    },
  },
  context: {
    begin: at(({ said, session, inbound, deps: { vault } }, tx) => {
      const found = session === undefined ? undefined : newestContext(tx, vault, session.id);
      return { text: found === undefined ? said.noContext : contextText(found.context, inbound.locale) };
    }),
  },
  link: {
    isPrivate: true,
    async begin({ said, argument, principal, deps: { vault, clock, codes } }) {
      if (argument !== "") {
        return (tx) => ({ text: said.linkedAlready(inCode(nameOfIdentity(tx, vault, principal.id) || principal.id)) });
      }
      const drawn = codes.draw();
      return (tx) => {
        const entry = { action: "manage", resource: "login-code", outcome: "issued" };
        appendAudit(tx, vault, { atMs: clock.nowMs(), principal: nameOf(principal), ...entry });
        return { text: said.link(drawn.code), kept: () => codes.keep(drawn, principal.id) };
      };
    },
  },
  whoami: { isPrivate: true, begin: at(whoami) },
  pair: {
    isPrivate: true,
    manages: true,
    begin: at(({ said, argument, principal, deps }, tx) => {
      const [code = "", ...name] = argument.split(/\s+/);
      if (code === "") return { text: said.codeMissing("/pair") };
      const person = admit(tx, deps, principal, { code, name: name.join(" ") });
      if (person === undefined) return { text: said.unknownCode };
      return { text: said.paired(inCode(person.name || person.identityId)), ...person.effects };
    }),
  },
  refuse: {
    isPrivate: true,
    manages: true,
    begin: at(({ said, argument, principal, deps }, tx) => {
      if (argument === "") return { text: said.codeMissing("/refuse") };
      const refused = turnAway(tx, deps, principal, argument);
      if (refused === undefined) return { text: said.unknownCode };
      const { pairing: { name, account }, notices } = refused;
      return { text: said.refused(inCode(name || account)), deliveries: notices };
    }),
  },
  approve: { isPrivate: true, isOpen: true, begin: (call) => vote(call, "approve") },
  deny: { isPrivate: true, isOpen: true, begin: (call) => vote(call, "deny") },
  halt: {
    isOpen: true,
    begin: at((call, tx) => halting(call, call.deps.halts.halt(tx, speakerOf(call), call.inbound.locale))),
  },
  resume: {
    isOpen: true,
    begin: at((call, tx) => halting(call, call.deps.halts.resume(tx, speakerOf(call), call.inbound.locale))),
  },
  help: { begin: at(({ said, principal, deps, inbound }) => ({ text: help(said, principal, deps, inbound) })) },
} satisfies Record<string, Command>;

/** The word of a command. */
export type CommandName = keyof typeof commands;

/** Every command with what it does, in the order of the help: what a platform may show in a menu. */
export function commandList(locale: Locale): readonly { readonly name: CommandName; readonly does: string }[] {
  const { does } = text(locale).commands;
  return (Object.keys(commands) as CommandName[]).map((name) => ({ name, does: does[name] }));
}

/** The longest message that is looked at for a command, in UTF-16 code units. */
const commandLengthMax = 400;

/**
 * The command that a message is; `undefined` when it is none. A full-width stroke counts as one, as Chinese keyboards
 * give it. What takes the place of another message, or brings files, is no command.
 */
export function commandIn(
  { text, replaces, files = [], attachmentIds = [] }: InboundMessage,
): CommandWords | undefined {
  if (text.length > commandLengthMax || replaces !== undefined || files.length + attachmentIds.length > 0) {
    return undefined;
  }
  const [, word = "", argument = ""] = /^\s*[/／]([a-z]+)(?:\s+([^]*))?$/i.exec(text) ?? [];
  const name = word.toLowerCase();
  return Object.hasOwn(commands, name) ? { name: name as CommandName, argument: argument.trim() } : undefined;
}

/**
 * Does what a command says, once, whoever offers it again. `undefined`: who gave it is a stranger. Resolves after the
 * commit, as intake does.
 */
export async function runCommand(
  deps: CommandDeps,
  inbound: InboundMessage,
  { name, argument }: CommandWords,
): Promise<IntakeResult | undefined> {
  const { store, vault, copied } = deps;
  const looked = await store.read((tx) => look(tx, deps, inbound));
  if (looked === undefined) return undefined;
  if (looked.kind === "copy") {
    copied();
    return looked.result;
  }
  const { principal, at, session } = looked;
  const call: Call = { deps, inbound, principal, argument, at, session, said: text(inbound.locale).commands };
  const command: Command = commands[name];
  const refusal = refusalOf(command, call);
  const run = refusal === undefined ? await command.begin(call) : () => ({ text: refusal });
  let reply: Reply | undefined;
  const result = await commitWithEffects(deps, (tx): WithEffects<IntakeResult> => {
    const copy = copyOf(tx, vault, inbound);
    if (copy !== undefined) return { result: copy };
    reply = run(tx);
    const { text: words, begins, kept: _, deliveries = [], ...effects } = reply;
    const outcome = refusal === undefined ? "done" : "refused";
    audit(tx, call, `command:${name}`, outcome);
    const answer = answerWith(tx, deps, inbound, { text: words });
    return {
      result: { kind: "handled", text: words, ...(begins === undefined ? {} : { begins }) },
      effects: { ...effects, deliveries: [answer, ...deliveries] },
    };
  });
  reply?.kept?.();
  return result;
}

/** Who gives a command and where; or what became of it before. `undefined`: a stranger. */
function look(tx: ReadTx, { vault, ownerId, people }: CommandDeps, inbound: InboundMessage) {
  const copy = copyOf(tx, vault, inbound);
  if (copy !== undefined) return { kind: "copy", result: copy } as const;
  const principal = resolveIdentity(tx, vault, inbound, ownerId());
  if (principal === undefined) return undefined;
  const { channel, conversation, place = "conversation" } = inbound;
  const at = { channel, conversation, place, identityId: principal.id, scope: people().scope };
  const named = inbound.sessionId === undefined ? undefined : tx.get("sessions", inbound.sessionId);
  const own = named?.identityId === principal.id ? named : undefined;
  return { kind: "call", principal, at, session: own ?? findSession(tx, vault, at) } as const;
}

/** Why this command isn't done for this person, here; `undefined` when it is. */
function refusalOf(
  { isPrivate, manages, isOpen }: Command,
  { deps, principal, inbound, said }: Call,
): string | undefined {
  if (isPrivate && inbound.place === "group") return said.notInGroups;
  if (isOpen) return undefined;
  const { policy, clock } = deps;
  const use = decide(principal, "use", "chat", policy(), clock.nowMs());
  if (use.effect !== "allow") return use.reason;
  const manage = manages && decide(principal, "manage", "admin:people", policy(), clock.nowMs());
  return manage && manage.effect !== "allow" ? manage.reason : undefined;
}

/**
 * Turns whose answer goes here, and those of the session that what is said here goes on in: they may differ, because the
 * person has begun another on the page meanwhile. What waits stands before what runs: so that none of it begins.
 */
function unfinishedHere(tx: ReadTx, { session, inbound, deps: { vault } }: Call): string[] {
  const unfinished = tx.find("turns", { state: { in: ["queued", "running"] } }, { order: [["sequence", "desc"]] });
  const goesHere = ({ id, channel, conversationEnc }: Tables["turns"]) =>
    channel === inbound.channel &&
    vault.openText({ table: "turns", column: "conversation", id, version: 1 }, conversationEnc) ===
      inbound.conversation;
  return unfinished.filter((turn) => turn.sessionId === session?.id || goesHere(turn)).map(({ id }) => id);
}

function greeting({ start }: Text["commands"], name: string): Reply {
  return { text: start(name === "" ? "" : inCode(name)) };
}

function whoami({ said, principal, deps: { vault, policy } }: Call, tx: Tx): Reply {
  const accounts = tx.find("accounts", { identityId: principal.id }).map((row) => {
    const { account, name } = openAccount(vault, row);
    return `- ${row.channel}: ${inCode(name || account)}`;
  });
  const name = nameOfIdentity(tx, vault, principal.id) || principal.id;
  return { text: [said.whoami(inCode(name), rolesOf(principal, policy()).join(", ")), ...accounts].join("\n") };
}

function help(
  { help, does }: Text["commands"],
  principal: Known,
  deps: CommandDeps,
  { place }: InboundMessage,
): string {
  const nowMs = deps.clock.nowMs();
  const mayManage = decide(principal, "manage", "admin:people", deps.policy(), nowMs).effect === "allow";
  const shown = (Object.entries(commands) as [CommandName, Command][]).filter(([, { isPrivate, manages }]) =>
    !(isPrivate && place === "group") && !(manages && !mayManage)
  );
  return [help, ...shown.map(([name]) => `- \`/${name}\`: ${does[name]}`)].join("\n");
}

function audit(tx: Tx, { deps: { vault, clock }, principal }: Call, resource: string, outcome: string): void {
  appendAudit(tx, vault, { atMs: clock.nowMs(), principal: nameOf(principal), action: "command", resource, outcome });
}
