import * as v from "valibot";

/**
 * What `/v1` reads: the OpenAI-compatible requests, as far as they are supported. Fields that clients send by default
 * are accepted with their neutral values; what would change the answer and isn't supported is refused, never ignored.
 * Hints that can't change what an answer says (`user`, `store`, `metadata`, …) are read and not used.
 * Source: https://platform.openai.com/docs/api-reference/chat/create and the official clients' types.
 */

/** The longest body that `/v1` reads, in bytes. */
export const v1BodyBytesMax = 8_000_000;
/** Messages of one request, at most: each may become two texts that the model's tokens are counted of. */
export const messagesMax = 2_048;
/** How deep JSON may be nested: what is deeper is refused before it is parsed. */
export const v1DepthMax = 128;
/** What an issue of a field that exists elsewhere, but not here, expects. */
export const unsupported = "unsupported";

const wellFormed = v.check<string, string>((text) => text.isWellFormed(), "well-formed Unicode");
/** Text that has a UTF-8. */
export const text = v.pipe(v.string(), wellFormed);
/** The name of a tool. */
export const name = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/, "1 to 64 letters, digits, _ or -"));
/** A whole number within bounds. */
export const whole = (min: number, max: number): v.GenericSchema<number> =>
  v.pipe(
    v.number(),
    v.check((value) => Number.isSafeInteger(value) && value >= min && value <= max, `${min} to ${max}`),
  );
/** A number within bounds. */
export const between = (min: number, max: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.check((value) => value >= min && value <= max, `${min} to ${max}`));
/** Accepted only where it changes nothing. */
export const neutral = (...values: unknown[]): v.GenericSchema<unknown> =>
  v.optional(v.custom<unknown>((value) => value === null || isOneOf(value, values), unsupported));
/** Read, and not used. */
export const hint = v.optional(v.unknown());

function isOneOf(value: unknown, values: readonly unknown[]): boolean {
  return values.some((neutral) => JSON.stringify(neutral) === JSON.stringify(value));
}

/** A JSON Schema: checked by the engine, which says what it can't hold an answer to. */
export const jsonSchema = v.union([v.boolean(), v.record(v.string(), v.unknown())]);

/** A type of which only one is supported here. */
export const only = <Type extends string>(type: Type): v.GenericSchema<Type> =>
  v.custom<Type>((found) => found === type, unsupported);
