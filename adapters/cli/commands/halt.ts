import type { Command } from "../command.ts";
import { halting } from "../halting.ts";

/** `clawdbot halt`: no tool is called, and nothing is written to a machine, until somebody resumes it. */
export const command: Command = halting("halt");
