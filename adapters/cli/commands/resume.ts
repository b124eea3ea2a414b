import type { Command } from "../command.ts";
import { halting } from "../halting.ts";

/** `clawdbot resume`: tools are called again. */
export const command: Command = halting("resume");
