/** Model files that lie: a tiny model with something in its header changed. */
import { encodeTiny, type HeaderField, type MetadataValue, tinyModel, type TinyTensor } from "./tiny_model.ts";

/** A file and, for whoever has to find out what it did, how it was changed. */
export interface Mutated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly how: string;
}

/** Numbers at which arithmetic goes wrong. */
const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  31n,
  33n,
  127n,
  128n,
  255n,
  256n,
  1_000n,
  65_535n,
  65_536n,
  (1n << 24n) + 1n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  1n << 40n,
  (1n << 53n) - 1n,
  (1n << 62n) + 1n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

/** Texts that are no name, no path and no template. */
const texts: readonly string[] = [
  "",
  "\0",
  "llama\0bert",
  "\x1b[2J\x1b]0;owned\x07",
  "../../../../etc/passwd",
  "%s%s%s%n",
  "é".repeat(300),
  "x".repeat(70_000),
  "{{ messages[0].content.constructor.constructor('return 1')() }}",
  "{%",
];

/** Architectures and tokenisers whose code is another, with everything else as it was. */
const architectures = ["bert", "qwen2", "gemma3", "mamba", "phi3", "deepseek2", "t5", "gpt2", "rwkv6", "clip", "jamba"];
const tokenizers = ["gpt2", "bert", "t5", "rwkv", "plamo2", "no_vocab", "none"];

/** Numbers of `ggml_type`, some of which don't exist. */
const tensorTypesMax = 44;

/** What such a model is asked: characters that are tokens, such that are bytes, and the name of a token. */
export const question = "Hello, héllo 你好 🙂 <s>";

/** One change, or a few. */
export function mutate(random: () => number): Mutated {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const whole = (below: number) => Math.floor(random() * below);
  const { metadata, tensors } = tinyModel();
  const entries = metadata.map((entry) => [...entry] as [string, MetadataValue]);
  const list = tensors.map((tensor): TinyTensor => ({ ...tensor }));
  const changes: string[] = [];

  const structural: (() => void)[] = [
    () => {
      const [[key]] = entries.splice(whole(entries.length), 1) as [[string, MetadataValue]];
      changes.push(`without ${key}`);
    },
    () => {
      const entry = pick(entries);
      entries.push([...entry]);
      changes.push(`${entry[0]} twice`);
    },
    () => {
      const entry = pick(entries);
      const other = pick(entries);
      changes.push(`${entry[0]} called ${other[0]}`);
      entry[0] = other[0];
    },
    () => {
      const entry = pick(entries);
      entry[1] = anyValue();
      changes.push(`${entry[0]} is ${describe(entry[1])}`);
    },
    () => {
      const entry = pick(entries.filter(([, value]) => "values" in value));
      if (entry === undefined) return;
      const value = entry[1];
      if (!("values" in value)) return;
      const length = pick([0, 1, value.values.length - 1, value.values.length + 1, 2 * value.values.length]);
      const values = Array.from({ length }, (_, index) => value.values[index % value.values.length]!);
      entry[1] = { ...value, values } as MetadataValue;
      changes.push(`${entry[0]} has ${length} elements`);
    },
    () => {
      const key = pick(["general.architecture", "tokenizer.ggml.model", "tokenizer.ggml.pre"]);
      const value = pick(key === "general.architecture" ? architectures : tokenizers);
      const at = entries.findIndex(([other]) => other === key);
      if (at < 0) entries.push([key, { type: "text", value }]);
      else entries[at]![1] = { type: "text", value };
      changes.push(`${key} is ${value}`);
    },
    () => {
      const key = `llama.${
        pick([
          "expert_count",
          "expert_used_count",
          "attention.key_length",
          "attention.sliding_window",
          "rope.scaling.type",
        ])
      }`;
      const value = pick(edges) % (1n << 32n);
      entries.push([key, { type: "u32", value: Number(value) }]);
      changes.push(`${key} is ${value}`);
    },
    () => {
      const key = `tokenizer.ggml.${
        pick([
          "padding_token_id",
          "seperator_token_id",
          "eot_token_id",
          "eom_token_id",
          "fim_pre_token_id",
          "mask_token_id",
        ])
      }`;
      const value = Number(pick(edges) % (1n << 32n));
      entries.push([key, { type: "u32", value }]);
      changes.push(`${key} is ${value}`);
    },
    () => changes.push(`without tensor ${list.splice(whole(list.length), 1)[0]?.name}`),
    () => {
      const tensor = pick(list);
      list.push(tensor);
      changes.push(`tensor ${tensor.name} twice`);
    },
    () => {
      const [a, b] = [whole(list.length), whole(list.length)];
      const [one, other] = [list[a]!, list[b]!];
      list[a] = { ...one, name: other.name };
      list[b] = { ...other, name: one.name };
      changes.push(`tensors ${one.name} and ${other.name} exchanged`);
    },
    () => {
      const at = whole(list.length);
      const type = whole(tensorTypesMax);
      list[at] = { ...list[at]!, type };
      changes.push(`tensor ${list[at].name} of type ${type}`);
    },
    () => {
      const at = whole(list.length);
      const dimensions = Array.from({ length: whole(6) }, () => Number(BigInt.asUintN(44, pick(edges))));
      list[at] = { ...list[at]!, dimensions };
      changes.push(`tensor ${list[at].name} of ${dimensions.join("×")}`);
    },
    () => {
      const at = whole(list.length);
      const offset = whole(4) === 0 ? whole(60_000) : 32 * whole(2_000);
      list[at] = { ...list[at]!, offset };
      changes.push(`tensor ${list[at].name} at ${offset}`);
    },
  ];

  function anyValue(): MetadataValue {
    const number = pick(edges);
    return pick<() => MetadataValue>([
      () => ({ type: pick(["u8", "i8", "u16", "i16", "u32", "i32", "bool"]), value: Number(number % (1n << 32n)) }),
      () => ({ type: pick(["u64", "i64"]), value: number }),
      () => ({ type: pick(["f32", "f64"]), value: pick([0, -1, NaN, Infinity, -Infinity, 1e-45, 3e38]) }),
      () => ({ type: "text", value: pick(texts) }),
      () => ({ type: "texts", values: Array.from({ length: whole(4) }, () => pick(texts)) }),
      () => ({
        type: pick(["i32s", "u32s"]),
        values: Array.from({ length: whole(400) }, () => Number(pick(edges) % (1n << 32n))),
      }),
      () => ({ type: "f32s", values: Array.from({ length: whole(4) }, () => pick([NaN, Infinity, 0])) }),
    ])();
  }

  const kind = random();
  if (kind < 0.5) {
    for (let count = 1 + whole(random() < 0.2 ? 4 : 1); count > 0; count--) pick(structural)();
  }
  const { bytes, headerBytes, fields } = encodeTiny({ metadata: entries, tensors: list });
  const view = new DataView(bytes.buffer);
  if (kind >= 0.5 && kind < 0.8) {
    for (let count = 1 + whole(random() < 0.2 ? 3 : 1); count > 0; count--) {
      changes.push(setField(view, pick(fields), pick(edges)));
    }
  } else if (kind >= 0.8 && kind < 0.93) {
    for (let count = 1 + whole(6); count > 0; count--) {
      const at = whole(headerBytes);
      bytes[at] = random() < 0.5 ? bytes[at]! ^ 1 << whole(8) : whole(256);
      changes.push(`byte ${at} is ${bytes[at]}`);
    }
  } else if (kind >= 0.93) {
    const length = random() < 0.7 ? whole(headerBytes) : whole(bytes.length);
    return { bytes: bytes.slice(0, length), how: `cut after ${length} of ${bytes.length} bytes` };
  }
  return { bytes, how: changes.join("; ") };
}

/** Sets a number of the header to an edge, or moves it by one. */
function setField(view: DataView, { at, bytes, what }: HeaderField, edge: bigint): string {
  const old = Array.from({ length: bytes }, (_, index) => BigInt(view.getUint8(at + index)) << BigInt(8 * index))
    .reduce((sum, part) => sum + part, 0n);
  const value = edge === 7n ? old + 1n : edge === 31n ? old - 1n : edge === 33n ? old * 2n : edge;
  for (let index = 0; index < bytes; index++) view.setUint8(at + index, Number(value >> BigInt(8 * index) & 255n));
  return `${what} is ${BigInt.asUintN(8 * bytes, value)}, not ${old}`;
}

function describe(value: MetadataValue): string {
  const text = "values" in value ? `${value.values.length} values` : JSON.stringify(String(value.value).slice(0, 40));
  return `${value.type} ${text}`;
}
