import type { Principal } from "../../core/access.ts";
import { StoreError } from "../../core/ports/store.ts";
import type { Tables } from "../../core/tables.ts";
import { type Life, lookAt, type World } from "./life.ts";

/** What a person does in a life of the host besides writing. */
type Visit = (world: World, life: Life) => Promise<void>;

/** During a life: someone stops an answer or keeps house; now and then the host is restarted in good order. */
export function scheduleVisits(world: World, life: Life): void {
  const { clock, random, faults } = world;
  if (random() < 0.5) schedule(world, life, stopSomething, 20_000);
  for (let left = Math.floor(random() * 4); left > 0; left--) schedule(world, life, keepHouse, 40_000);
  if (random() < 0.2 && faults.crash > 0) {
    clock.at(clock.nowMs() + random() * 40_000, () => void restart(life).catch(() => {}));
  }
}

function schedule(world: World, life: Life, visit: Visit, withinMs: number): void {
  world.clock.at(world.clock.nowMs() + world.random() * withinMs, () => {
    if (!life.alive || life.clawdbot === undefined) return;
    visit(world, life).catch((error) => {
      if (!(error instanceof StoreError)) world.broken.push(`a visit broke: ${error}`);
    });
  });
}

const stopSomething: Visit = async (world, { clawdbot }) => {
  const accepted = world.platforms.flatMap(({ sent }) => sent).findLast(({ result }) => result?.kind === "accepted");
  if (accepted?.result?.kind !== "accepted") return;
  const { turnId, sessionId } = accepted.result;
  const { store } = await lookAt(world);
  const session = await store.read((tx) => tx.get("sessions", sessionId));
  if (session !== undefined) await clawdbot!.assistant.stop(ownerOf(session), turnId);
};

/** Somebody answers again, shows a branch, removes or restores a session, or gives it another name. */
const keepHouse: Visit = async (world, { clawdbot }) => {
  const { assistant } = clawdbot!;
  const draws = Array.from({ length: 3 }, world.random);
  const pick = <T>(from: readonly T[], at: number): T | undefined => from[Math.floor(draws[at]! * from.length)];
  const { store } = await lookAt(world);
  const [sessions, messages] = await store.read((tx) => [tx.find("sessions", {}), tx.find("messages", {})] as const);
  const session = pick(sessions, 0);
  if (session === undefined) return;
  const message = pick(messages.filter(({ sessionId }) => sessionId === session.id), 1);
  const owner = ownerOf(session);
  const chance = draws[2]!;
  if (session.removedMs !== null) await assistant.restoreSession(owner, session.id);
  else if (message !== undefined && chance < 0.45) await assistant.answerAgain(owner, message.id);
  else if (message !== undefined && chance < 0.75) await assistant.showBranch(owner, message.id);
  else if (chance < 0.9) await assistant.removeSession(owner, session.id);
  else await assistant.renameSession(owner, session.id, `renamed ${chance}`);
};

function ownerOf({ identityId: id }: Tables["sessions"]): Principal {
  return { kind: "identity", id, owner: false, accounts: [] };
}

async function restart(life: Life): Promise<void> {
  if (!life.alive || life.clawdbot === undefined) return;
  await life.clawdbot.stop(8_000);
  life.crash();
}
