import type { Part } from "./package_part.ts";

/** The licences of everything in an executable, word for word, as they have to go along with copies. */
export function licencesText(parts: readonly Part[]): string {
  const heads = parts.map(({ name, version, licence }) => `${name} ${version}: ${licence ?? "see below"}`);
  const texts = parts.filter(({ licenceText }) => licenceText !== undefined).map(({ name, version, licenceText }) =>
    `${"=".repeat(80)}\n${name} ${version}\n${"=".repeat(80)}\n\n${licenceText!.trim()}\n`
  );
  return `Clawdbot is under the Apache License 2.0. In it are:\n\n${heads.join("\n")}\n\n${texts.join("\n")}`;
}
