/** The open log; closed ones have a number behind it, the newest 1. */
export const logName = "clawdbot.log";

/** The name of a closed log. */
export function closedName(number: number): string {
  return `${logName}.${number}`;
}

/** The number of a log by its name: 0 of the open one; `undefined` of what isn't a log. */
export function numberOf(name: string): number | undefined {
  if (name === logName) return 0;
  const [, number] = /^clawdbot\.log\.([1-9]\d{0,5})$/.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}
