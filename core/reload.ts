import type { Config } from "../schema/config.ts";
import type { HostStart } from "./host_start.ts";

/** A configuration that a host goes by. */
export interface ConfigInForce {
  readonly config: Config;
  readonly secrets: HostStart["secrets"];
}

/** What a changed configuration asks of a host that runs. `because`: the section that can't be applied in place. */
export type Reload =
  | { readonly kind: "in-place"; readonly channels: readonly string[] }
  | { readonly kind: "restart"; readonly because: string };

/** Sections that are asked each time they are needed, or whose parts can be replaced. Others hold from the start on. */
const inPlace: readonly (keyof Config)[] = ["access", "protocol", "log", "session", "plugins", "devices"];

/** Where secrets may stand that can be replaced: whoever uses one asks for it each time, or is made anew. */
const secretsInPlace: readonly string[] = ["/protocol/", "/plugins/", "/devices/"];

/**
 * What it takes to bring a changed configuration, which gives no other rights, into force. `channels`: the protocols whose
 * options or secrets aren't the same any more, among them those that came or went.
 */
export function reloadOf(before: ConfigInForce, after: ConfigInForce): Reload {
  const sections = Object.keys(after.config) as (keyof Config)[];
  const because = sections.find((section) =>
    !inPlace.includes(section) && !isSame(heldPart(section, before.config), heldPart(section, after.config))
  );
  if (because !== undefined) return { kind: "restart", because };
  const pointers = [...before.secrets, ...after.secrets].map(({ pointer }) => pointer);
  const changed = pointers.filter((pointer) => !isSame(secretAt(before, pointer), secretAt(after, pointer)));
  const elsewhere = changed.find((pointer) => !secretsInPlace.some((place) => pointer.startsWith(place)));
  if (elsewhere !== undefined) return { kind: "restart", because: elsewhere.split("/")[1]! };
  const names = new Set([...Object.keys(before.config.protocol), ...Object.keys(after.config.protocol)]);
  const channels = [...names].filter((name) =>
    !isSame(before.config.protocol[name], after.config.protocol[name]) ||
    changed.some((pointer) => pointer.startsWith(`/protocol/${name}/`))
  );
  return { kind: "in-place", channels };
}

/** The part of a section that holds from the start on: who may make plugins is asked each time. */
function heldPart(section: keyof Config, config: Config): unknown {
  return section === "security" ? { ...config.security, plugins: undefined } : config[section];
}

function secretAt({ secrets }: ConfigInForce, pointer: string): unknown {
  return secrets.find((secret) => secret.pointer === pointer);
}

/** Both are plain JSON of one schema: keys stand in its order, but what people name stands as they wrote it. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
