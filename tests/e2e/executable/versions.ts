import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { buildExecutable, buildProgram } from "../../../scripts/package_build.ts";
import { goToolchain } from "../../../scripts/package_go.ts";
import { signatureOf, signedText } from "../../../scripts/package_signature.ts";
import { targetHere } from "../../../scripts/package_targets.ts";

/** What differs from the sources in a version that a test makes. */
export interface VersionOptions {
  readonly version: string;
  /** Changes the bundled program; must change something. */
  readonly edit?: (program: string) => string;
}

/** A database that the versions before can't open any more. */
export const migrating = (program: string) =>
  program.replace(
    lastMigration,
    '$&, { name: "upgraded", sql: `CREATE TABLE upgraded (id TEXT PRIMARY KEY NOT NULL) STRICT;` }',
  );

/** One that can't be migrated. */
export const badMigration = (program: string) =>
  program.replace(lastMigration, '$&, { name: "broken on purpose", sql: `INSERT INTO nowhere VALUES (1);` }');

/** A host that passes its trial, and then doesn't come to listen. */
export const brokenAfterTrial = (program: string) =>
  program.replace("await clawdbot.start();", 'console.error("broken on purpose"); Deno.exit(2);');

const noEdit = (text: string) => text;

const lastMigration = /name: "[^"]*",\s*sql: `[^`]*`\s*\}(?=\s*\];)/;

/** Versions of the executable, and the key that they are signed with: its public half is in each. */
export interface Versions {
  /** Builds one at this path, with its signature beside it. */
  build(path: string, options: VersionOptions): Promise<void>;
  readonly privateKey: KeyObject;
}

/** Builds the program once. */
export async function createVersions(): Promise<Versions> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const releaseKey = new TextEncoder().encode(publicKey.export({ type: "spki", format: "pem" }) as string);
  const note = () => {};
  const program = await buildProgram(note);
  const go = await goToolchain(note);
  const target = targetHere();
  return {
    privateKey,
    async build(path, { version, edit = noEdit }) {
      let isEdited = false;
      const files = program.files.map((file) => {
        if (!file.path.endsWith(".js")) return file;
        const text = new TextDecoder().decode(file.bytes);
        const edited = edit(text);
        isEdited ||= edited !== text;
        const named = edited.replace(/(version: )"[\d.]+"(,\s*license: "Apache-2.0")/, `$1"${version}"$2`);
        return named === text ? file : { ...file, bytes: new TextEncoder().encode(named) };
      });
      if (edit !== noEdit && !isEdited) throw new Error("The program isn't as this test knows it");
      const options = { go, libraries: "npm", level: 3, forTests: false, releaseKey, note } as const;
      const { sha256 } = await buildExecutable(target, path, { ...program, version, files }, options);
      await Deno.writeTextFile(`${path}.sig`, signatureOf(signedText({ version, target, sha256 }), privateKey));
    },
  };
}
