import * as v from "valibot";
import { type SecretPlace, secretPlace } from "../../schema/secret.ts";
import type { Capability } from "./capability.ts";

const name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]{0,31}$/));

const asked = v.pipe(v.array(name), v.minLength(1), v.maxLength(16), v.readonly());

const granted = v.record(
  name,
  v.strictObject({
    secret: secretPlace("Its value: a literal, file:PATH or env:NAME."),
    /** The only host that it is sent to: `https://HOST`, with a port where it isn't 443. */
    host: v.pipe(v.string(), v.regex(/^https:\/\/[a-z0-9.-]{1,253}(?::[1-9]\d{0,4})?$/)),
    header: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/)), "authorization"),
    /** What stands in the header; `{}` is the secret. */
    format: v.optional(v.pipe(v.string(), v.regex(/^[\x20-\x7e]*\{\}[\x20-\x7e]*$/)), "Bearer {}"),
  }),
);

/** Secrets by name: where each is, and the one header of the one host that it is sent in. */
export type GrantedSecrets = Readonly<
  Record<
    string,
    { readonly secret: SecretPlace; readonly host: string; readonly header: string; readonly format: string }
  >
>;

/**
 * Secrets that the host puts into a header of the plugin's requests. The plugin never holds one: it has no host function
 * of this name, and names the secret in an `http` request.
 */
export const secrets: Capability<readonly string[], GrantedSecrets, never> = {
  name: "secrets",
  asked,
  granted,
  cover: () => ({ kind: "uncovered", by: "grant", reason: "secrets go with requests over HTTP only" }),
  describe: (asked) => asked.map((name) => `wants the secret "${name}" sent in its requests, without seeing it`),
};
