import * as v from "valibot";
import { type SecretPlace, secretPlace } from "../../schema/secret.ts";
import { text } from "../text/mod.ts";
import type { Capability, Coverage } from "./capability.ts";
import { isPattern } from "./url_pattern.ts";

const name = v.pipe(
  v.string("a name of a secret"),
  v.regex(/^[a-z][a-z0-9_-]{0,31}$/, 'small letters, digits, "-" and "_", beginning with a letter, at most 32'),
);

const asked = v.pipe(v.array(name), v.minLength(1), v.maxLength(16), v.readonly());

const granted = v.record(
  name,
  v.strictObject({
    secret: secretPlace("Its value: a literal, file:PATH or env:NAME."),
    host: v.pipe(
      v.string('a host, like "https://api.example.com"'),
      v.regex(/^https:\/\/[a-z0-9.-]{1,253}(?::[1-9]\d{0,4})?$/, 'a host, like "https://api.example.com"'),
      v.check((host) => isPattern(`${host}/`), 'a host in its plain form, like "https://api.example.com"'),
      v.description("The only host that it is sent to: `https://HOST`, with a port where it isn't 443."),
    ),
    header: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[a-z][a-z0-9-]{0,63}$/, "a header's name in small letters"),
        v.description("The only header that it is sent in."),
      ),
      "authorization",
    ),
    format: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[\x20-\x7e]*\{\}[\x20-\x7e]*$/, 'a text with "{}"'),
        v.maxLength(200),
        v.description("What stands in the header; `{}` is the secret."),
      ),
      "Bearer {}",
    ),
  }),
);

/** Secrets by name: where each is, and the one header of the one host that it is sent in. */
export type GrantedSecrets = Readonly<
  Record<
    string,
    { readonly secret: SecretPlace; readonly host: string; readonly header: string; readonly format: string }
  >
>;

/** One secret in one request. `origin` is where the request goes, as `readUrl` gives it. */
export interface SecretRequest {
  readonly name: string;
  readonly origin: string;
}

/**
 * Secrets that the host puts into a header of the plugin's requests. The plugin never holds one: it has no host function
 * of this name, and names the secret in an `http` request.
 */
export const secrets: Capability<readonly string[], GrantedSecrets, SecretRequest> = {
  name: "secrets",
  asked,
  granted,
  cover,
  describe: (asked, locale) => asked.map((name) => text(locale).capabilities.secret(name)),
};

function cover(asked: readonly string[], granted: GrantedSecrets, { name, origin }: SecretRequest): Coverage {
  if (!asked.includes(name)) {
    return { kind: "uncovered", by: "manifest", reason: `the plugin doesn't ask for this secret` };
  }
  const secret = Object.hasOwn(granted, name) ? granted[name] : undefined;
  if (secret === undefined) return { kind: "uncovered", by: "grant", reason: `this site doesn't grant ${name}` };
  if (secret.host !== origin) {
    return { kind: "uncovered", by: "grant", reason: `this site grants ${name} for ${secret.host} only` };
  }
  return { kind: "covered", wants: [{ action: "use", resource: `secret:${name}` }] };
}
