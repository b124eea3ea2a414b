import * as v from "valibot";

/** A value that prints and serialises as `***`. Revealed only in the call that sends it. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  /** The value itself. */
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return "***";
  }
  toJSON(): string {
    return "***";
  }
  [Symbol.for("Deno.customInspect")](): string {
    return "Secret(***)";
  }
}

/** Where a secret's value stands: in the configuration itself, in a file, or in an environment variable. */
export type SecretReference =
  | { readonly kind: "literal"; readonly value: Secret }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string };

/** Reads `file:PATH`, `env:NAME`, or else a literal. */
export function parseSecretReference(text: string): SecretReference {
  if (text.startsWith("file:")) return { kind: "file", path: text.slice(5) };
  if (text.startsWith("env:")) return { kind: "env", name: text.slice(4) };
  return { kind: "literal", value: new Secret(text) };
}

/** The schema of a secret: a string that parses into a {@link Secret}; tagged, so that generators know. */
export function secret(
  description: string,
): v.SchemaWithPipe<
  readonly [
    v.StringSchema<undefined>,
    v.MinLengthAction<string, 1, undefined>,
    v.MetadataAction<string, { readonly secret: true; readonly description: string }>,
    v.TransformAction<string, Secret>,
  ]
> {
  return v.pipe(
    v.string(),
    v.minLength(1),
    v.metadata({ secret: true, description }),
    v.transform((text: string) => new Secret(text)),
  );
}

/** Stands where a secret was written. The value travels apart from the configuration, under this JSON pointer. */
export interface SecretPlace {
  readonly secret: string;
}

/** The schema of a secret in the configuration, where a {@link SecretPlace} stands for it; people write text. */
export function secretPlace(description: string): v.GenericSchema<SecretPlace> {
  return v.pipe(v.object({ secret: v.string() }), v.metadata({ secret: true, description }));
}
