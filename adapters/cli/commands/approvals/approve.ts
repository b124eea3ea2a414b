import type { Command } from "../../command.ts";
import { voting } from "./voting.ts";

/** `clawdbot approvals approve ID`, as the owner. Where two people must approve, the terminal counts for nobody. */
export const command: Command = voting("approve");
