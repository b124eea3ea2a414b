/** A model on a hub that speaks Hugging Face's protocol: what people name, and which of its files suits a machine. */

/** `hf:OWNER/REPO[:WHAT]`. */
export interface HubReference {
  /** `OWNER/REPO`. */
  readonly repo: string;
  /** A file of it (`….gguf`), or the quantisation that is wanted (`Q4_K_M`). Absent: the one that suits. */
  readonly what?: string;
}

/** One file of a repository. */
export interface HubFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly bytes: number;
  /** Absent for files that the hub keeps without one. */
  readonly sha256?: string;
}

/** Reads what stands after `hf:`; `undefined` when it isn't such a reference. */
export function parseHubReference(text: string): HubReference | undefined {
  const match = /^hf:([\w.-]{1,96}\/[\w.-]{1,96})(?::([\w./+ -]{1,255}))?$/.exec(text);
  const [, repo, what] = match ?? [];
  if (repo === undefined || /(?:^|\/)\.{1,2}(?:\/|$)/.test(`${repo}/${what ?? ""}`)) return undefined;
  return { repo, ...(what === undefined ? {} : { what }) };
}

/** The name that a model gets by its file: small letters, digits and `._-`, at most 64. */
export function modelNameOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1).replace(/\.gguf$/i, "").toLowerCase();
  const name = file.replace(/[^a-z0-9._-]+/g, "-").replace(/^[._-]+/, "").slice(0, 64).replace(/[._-]+$/, "");
  return name === "" ? "model" : name;
}

/** Whether a model may be called so: what `model.name` in the configuration takes. */
export function isModelName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text);
}

/** The quantisation that a file's name says, in capitals. */
export function quantisationOf(path: string): string | undefined {
  const file = path.slice(path.lastIndexOf("/") + 1).replace(/\.gguf$/i, "");
  return /(?:^|[-._])((?:I?Q|TQ)\d(?:_[A-Z0-9]+)*|BF16|F16|F32|MXFP4)(?:[-._]|$)/i.exec(file)?.[1]?.toUpperCase();
}

/** One of several files into which a model was split. */
export function isSplit(path: string): boolean {
  return /-\d{5}-of-\d{5}\.gguf$/i.test(path);
}

/** Which file was taken. `preferred`: the most usual one; `fits`: a smaller one, since `instead` needs too much memory. */
export type HubChoice =
  | { readonly kind: "chosen"; readonly file: HubFile; readonly reason: "named" | "only" | "preferred" }
  | { readonly kind: "chosen"; readonly file: HubFile; readonly reason: "fits"; readonly instead: HubFile }
  | { readonly kind: "none"; readonly why: "no-file"; readonly files: readonly string[] }
  | { readonly kind: "none"; readonly why: "split"; readonly file: HubFile }
  | { readonly kind: "none"; readonly why: "too-large"; readonly file: HubFile };

/** The best first: 4 bits lose little and are fast; more bits cost memory and speed, fewer cost sense. */
const preference: readonly string[] = [
  "Q4_K_M",
  "Q4_K_S",
  "Q4_K_L",
  "IQ4_NL",
  "IQ4_XS",
  "Q4_1",
  "Q4_0",
  "MXFP4",
  "Q5_K_M",
  "Q5_K_S",
  "Q5_1",
  "Q5_0",
  "Q6_K",
  "Q8_0",
  "Q3_K_L",
  "Q3_K_M",
  "IQ3_M",
  "Q3_K_S",
  "IQ3_XS",
  "IQ3_XXS",
  "Q2_K",
  "IQ2_M",
  "BF16",
  "F16",
  "F32",
];

/** What a file takes in memory with one conversation, before anything but its length is known: generously. */
export function memoryBytesOf({ bytes }: Pick<HubFile, "bytes">): number {
  return Math.ceil(bytes * 1.1 + 400e6);
}

/** The file that is meant, or that suits a machine with so much free memory. */
export function chooseHubFile(
  files: readonly HubFile[],
  { what, memoryBytes }: { readonly what: string | undefined; readonly memoryBytes: number },
): HubChoice {
  // Projectors of images and matrices of importance are no models.
  const models = files.filter(({ path }) => /\.gguf$/i.test(path) && !/(?:^|[/._-])(?:mmproj|imatrix)/i.test(path));
  const none = { kind: "none", why: "no-file", files: models.slice(0, 20).map(({ path }) => path) } as const;
  const named = what === undefined
    ? models
    : models.filter(({ path }) => path === what || quantisationOf(path) === what.toUpperCase());
  const whole = named.filter(({ path }) => !isSplit(path));
  const [first] = whole;
  if (first === undefined) {
    return named[0] === undefined ? none : { kind: "none", why: "split", file: named[0] };
  }
  if (what !== undefined) return { kind: "chosen", file: first, reason: "named" };
  if (whole.length === 1) return { kind: "chosen", file: first, reason: "only" };
  const ranked = whole.toSorted((a, b) => rankOf(a) - rankOf(b) || a.bytes - b.bytes);
  const best = ranked[0]!;
  const fitting = ranked.find((file) => memoryBytesOf(file) <= memoryBytes);
  if (fitting === best) return { kind: "chosen", file: best, reason: "preferred" };
  if (fitting !== undefined) return { kind: "chosen", file: fitting, reason: "fits", instead: best };
  return { kind: "none", why: "too-large", file: ranked.toSorted((a, b) => a.bytes - b.bytes)[0]! };
}

function rankOf({ path }: HubFile): number {
  const at = preference.indexOf(quantisationOf(path) ?? "");
  return at < 0 ? preference.length : at;
}
