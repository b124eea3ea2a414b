import * as v from "valibot";
import { type SecretPlace, secretPlace } from "./secret.ts";
import { duration } from "./units.ts";

/** What every tag has, whatever reaches it. Numbers are in `unit`, after scaling. */
interface TagFacts {
  /** What people call it, in any language. */
  readonly words: readonly string[];
  readonly unit?: string;
  /** Whether plugins may be granted to write it. */
  readonly writable: boolean;
  /** The least and the greatest number that is ever written. */
  readonly min?: number;
  readonly max?: number;
  /** Values that have names: `{0: "stopped", 1: "running"}`. Then only these are written. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A place in a Modbus device. Source: Modbus Application Protocol V1.1b3, section 4.3 and 4.4. */
export interface ModbusTag extends TagFacts {
  readonly table: "coil" | "discrete" | "input" | "holding";
  /** 0 to 65535, as it goes over the wire. */
  readonly register: number;
  /** Of registers; two of them hold 32 bits, the high word first unless `wordSwap`. */
  readonly type: "uint16" | "int16" | "uint32" | "int32" | "float32";
  readonly wordSwap: boolean;
  /** What a raw value is multiplied with. */
  readonly scale: number;
}

/** A topic of an MQTT broker. Values are JSON numbers, `true`, `false` or text. */
export interface MqttTag extends TagFacts {
  /** Where its value is said, retained or again and again. */
  readonly topic: string;
  /** Where another is asked for; absent: {@link topic}. */
  readonly writeTopic?: string;
  readonly type: "number" | "boolean" | "text";
}

/** The options of one device as the program uses them. */
export type DeviceOptions =
  & { readonly words: readonly string[]; readonly address: string; readonly timeoutMs: number }
  & (
    | { readonly kind: "modbus"; readonly unit: number; readonly tags: Readonly<Record<string, ModbusTag>> }
    | {
      readonly kind: "mqtt";
      readonly tls: boolean;
      readonly user?: string;
      readonly password?: SecretPlace;
      readonly tags: Readonly<Record<string, MqttTag>>;
    }
  );

/** A name of a device or a tag: a part of resources, so it has no dots. */
export const deviceName = v.pipe(
  v.string('a name, like "plc-7"'),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'small letters, digits, "-" and "_", at most 32'),
);

const words = v.optional(
  v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(60))),
    v.maxLength(16),
    v.readonly(),
    v.description("What people call it, in any language."),
  ),
  [],
);

const address = v.pipe(
  v.string('an address with a port, like "10.0.0.7:502"'),
  v.regex(
    /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9]\d{0,4}$/,
    'an address with a port, like "10.0.0.7:502"',
  ),
  v.check((text) => Number(/:(\d+)$/.exec(text)?.[1] ?? 0) <= 65_535, "a port from 1 to 65,535"),
  v.description("The only address at which it is reached: name or address, and port."),
);

const timeout = v.optional(
  duration({
    min: 100,
    max: 60_000,
    expected: 'a time from "100 ms" to "1 min"',
    description: "How long an answer may take.",
  }),
  "3 s",
);

const tagFacts = {
  words,
  unit: v.optional(v.pipe(v.string(), v.maxLength(16), v.description("The unit of its value."))),
  access: v.optional(
    v.pipe(v.picklist(["read", "write"]), v.description("Whether plugins may be granted to write it.")),
    "read",
  ),
  min: v.optional(
    v.pipe(
      v.number("a number"),
      v.check((number: number) => Number.isFinite(number), "a number"),
      v.description("The least number that is ever written."),
    ),
  ),
  max: v.optional(
    v.pipe(
      v.number("a number"),
      v.check((number: number) => Number.isFinite(number), "a number"),
      v.description("The greatest number that is ever written."),
    ),
  ),
  values: v.optional(v.pipe(
    v.record(v.string(), v.pipe(v.string("a name"), v.minLength(1, "a name"), v.maxLength(60))),
    v.maxEntries(64, "at most 64 values"),
    v.description('Values that have names, like `{0: "stopped", 1: "running"}`. Then only these are written.'),
  )),
};

interface WrittenFacts {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly values?: Readonly<Record<string, string>> | undefined;
}

/** What is said of a tag must mean something for its values: no range and no name is there that never holds. */
function tagProblem(
  type: "number" | "boolean" | "text",
  { min, max, values = {} }: WrittenFacts,
): string | undefined {
  if (type !== "number" && (min !== undefined || max !== undefined)) {
    return "no `min` and no `max`, since its values aren't numbers";
  }
  if ((min ?? -Infinity) > (max ?? Infinity)) return "a `min` that isn't more than its `max`";
  const isValue = {
    number: (key: string) => `${Number(key)}` === key && Number.isFinite(Number(key)),
    boolean: (key: string) => key === "true" || key === "false",
    text: () => true,
  }[type];
  if (!Object.keys(values).every(isValue)) {
    return type === "number" ? "`values` that are numbers" : "`values` that are `true` and `false`";
  }
  if (new Set(Object.values(values)).size < Object.keys(values).length) return "`values` whose names differ";
  return undefined;
}

function modbusTagProblem(
  tag: WrittenFacts & {
    readonly table: ModbusTag["table"];
    readonly register: number;
    readonly type: ModbusTag["type"];
    readonly scale: number;
  },
): string | undefined {
  const isBit = tag.table === "coil" || tag.table === "discrete";
  if (isBit && tag.scale !== 1) return "no `scale`, since its values aren't numbers";
  if (!isBit && tag.type.endsWith("32") && tag.register === 65_535) {
    return "a register before the last, since two of them hold 32 bits";
  }
  return tagProblem(isBit ? "boolean" : "number", tag);
}

const factsOf = <T extends { access: "read" | "write"; values?: Record<string, string> | undefined }>(
  { access, values, ...rest }: T,
) => ({ ...rest, writable: access === "write", ...(values === undefined ? {} : { names: values }) });

const modbusTag = v.pipe(
  v.strictObject({
    ...tagFacts,
    table: v.optional(
      v.pipe(v.picklist(["coil", "discrete", "input", "holding"]), v.description("Which of the device's four tables.")),
      "holding",
    ),
    register: v.pipe(
      v.number("a whole number from 0 to 65,535"),
      v.integer("a whole number from 0 to 65,535"),
      v.minValue(0, "a whole number from 0 to 65,535"),
      v.maxValue(65_535, "a whole number from 0 to 65,535"),
      v.description("Its number, counted from 0, as it goes over the wire."),
    ),
    type: v.optional(
      v.pipe(v.picklist(["uint16", "int16", "uint32", "int32", "float32"]), v.description("What a register holds.")),
      "uint16",
    ),
    word_swap: v.optional(v.pipe(v.boolean(), v.description("The low word of 32 bits comes first.")), false),
    scale: v.optional(
      v.pipe(
        v.number("a number other than 0"),
        v.check((scale) => Number.isFinite(scale) && scale !== 0, "a number other than 0"),
        v.description("What a raw value is multiplied with."),
      ),
      1,
    ),
  }),
  v.check((tag) => modbusTagProblem(tag) === undefined, ({ input }) => modbusTagProblem(input)!),
  v.check(
    ({ access, table }) => access === "read" || table === "coil" || table === "holding",
    "a coil or a holding register, since the other tables can't be written",
  ),
  v.transform(({ word_swap, ...tag }): ModbusTag => ({ ...factsOf(tag), wordSwap: word_swap } as ModbusTag)),
);

const topic = (description: string) =>
  v.pipe(
    v.string('a topic without "+" and "#"'),
    v.regex(/^(?!\$)[^+#\s][^+#]{0,249}$/, 'a topic without "+" and "#"'),
    v.description(description),
  );

const mqttTag = v.pipe(
  v.strictObject({
    ...tagFacts,
    topic: topic("Where its value is said."),
    write_topic: v.optional(topic("Where another value is asked for. Without it, `topic`.")),
    type: v.optional(v.pipe(v.picklist(["number", "boolean", "text"]), v.description("What a value is.")), "number"),
  }),
  v.check((tag) => tagProblem(tag.type, tag) === undefined, ({ input }) => tagProblem(input.type, input)!),
  v.transform((
    { write_topic, ...tag },
  ): MqttTag => ({ ...factsOf(tag), ...(write_topic === undefined ? {} : { writeTopic: write_topic }) } as MqttTag)),
);

const tags = <const S extends v.GenericSchema>(tag: S) =>
  v.pipe(v.record(deviceName, tag), v.maxEntries(1_000, "at most 1,000 tags"), v.description("Its values, by name."));

/** One entry under `devices`. */
export const device: v.GenericSchema<unknown, DeviceOptions> = v.variant("type", [
  v.pipe(
    v.strictObject({
      type: v.pipe(v.literal("modbus"), v.description("Modbus TCP.")),
      words,
      address,
      unit: v.optional(
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255), v.description("The unit id.")),
        1,
      ),
      timeout,
      tags: tags(modbusTag),
    }),
    v.transform(({ type: kind, timeout: timeoutMs, ...rest }): DeviceOptions => ({ kind, timeoutMs, ...rest })),
  ),
  v.pipe(
    v.strictObject({
      type: v.pipe(v.literal("mqtt"), v.description("Topics of an MQTT broker.")),
      words,
      address,
      tls: v.optional(v.pipe(v.boolean(), v.description("Reach it by TLS.")), false),
      user: v.optional(v.pipe(v.string(), v.maxLength(200), v.description("The user's name."))),
      password: v.optional(secretPlace("The user's password: a literal, file:PATH or env:NAME.")),
      timeout,
      tags: tags(mqttTag),
    }),
    v.transform(({ type: kind, timeout: timeoutMs, user, password, ...rest }): DeviceOptions => ({
      kind,
      timeoutMs,
      ...rest,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    })),
  ),
]);
