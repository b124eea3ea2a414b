import type { Policy } from "../access.ts";
import type { Ids } from "../ids.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { InstalledTool } from "../tools/types.ts";
import type { Vault } from "../vault.ts";

/** What asking and voting work with. */
export interface ApprovalDeps {
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly ids: Ids;
  readonly random: Pick<Random, "bytes">;
  readonly policy: () => Policy;
  readonly ownerId: () => string;
  /** How long an approval that is asked for waits; read each time, so that a reload takes effect at once. */
  readonly waitMs: () => number;
  /** The tools that are installed and granted now. */
  readonly installed: () => readonly InstalledTool[];
}

/** Cards that wait, of one person and of all people; one more is refused. */
export const waitingEachMax = 20;
/** See {@link waitingEachMax}. */
export const waitingMax = 200;
/** People who are asked about one card; others who may approve it find it on the page. */
export const approversMax = 20;
/** Accounts that are looked through for them. */
export const accountsMax = 5_000;
/** 30^9 codes are 44 bits, and each is good for one person only. */
export const codeLength = 9;
/** Votes of a person among which a code is sought, the newest. */
export const codesMax = 500;
/** Wrong codes of one person within a minute; then they are told to wait, and nothing is written down. */
export const wrongPerMinuteMax = 10;
/** People whose wrong codes are counted. */
export const wrongPeopleMax = 1_000;
/** What an approved call may take at most, whatever it waits for. */
export const performMsMax = 15 * 60_000;
/** Cards that one transaction ends because their time is over. */
export const expiredAtOnceMax = 50;
