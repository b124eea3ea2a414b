import type { Config } from "../../schema/config.ts";
import { matches } from "../access.ts";
import type { DeviceTags } from "../capabilities/device.ts";
import { nearest } from "../nearest.ts";
import { grantedBy } from "../plugins/grants.ts";

/** A device or a tag in a grant that grants nothing, since the site hasn't it. */
export interface LooseTag {
  readonly path: readonly string[];
  readonly written: string;
  readonly expected: string;
  /** What was probably meant. */
  readonly nearest?: string;
}

/** What grants say of devices that aren't there, of tags that a device hasn't, or that nobody may write. */
export function looseTags({ plugins, devices }: Pick<Config, "plugins" | "devices">): readonly LooseTag[] {
  return Object.entries(plugins).flatMap(([plugin, options]) => {
    const tags = grantedBy(options).device as DeviceTags | undefined;
    return (["read", "write"] as const).flatMap((access) =>
      (tags?.[access] ?? []).flatMap((written, index) => {
        const loose = looseTag(written, access, devices);
        return loose === undefined
          ? []
          : [{ path: ["plugins", plugin, "grant", "device", access, `${index}`], written, ...loose }];
      })
    );
  });
}

function looseTag(
  written: string,
  access: "read" | "write",
  devices: Config["devices"],
): Pick<LooseTag, "expected" | "nearest"> | undefined {
  const [deviceGlob = "", tagGlob = "*"] = written.split(".");
  const meant = Object.entries(devices).filter(([name]) => matches(deviceGlob, name));
  if (meant.length === 0) {
    const near = nearest(deviceGlob, Object.keys(devices));
    return {
      expected: "a device that stands under `devices`",
      ...(near === undefined ? {} : { nearest: [near, ...written.split(".").slice(1)].join(".") }),
    };
  }
  const tags = meant.flatMap(([device, { tags }]) =>
    Object.entries(tags).map(([tag, { writable }]) => ({ device, tag, writable }))
  );
  const found = tags.filter(({ tag }) => matches(tagGlob, tag));
  if (found.length === 0) {
    const near = nearest(tagGlob, tags.map(({ tag }) => tag));
    return {
      expected: `a tag of ${meant.length === 1 ? `"${meant[0]![0]}"` : "these devices"}`,
      ...(near === undefined ? {} : { nearest: `${deviceGlob}.${near}` }),
    };
  }
  if (access === "read" || found.some(({ writable }) => writable)) return undefined;
  return { expected: "a tag with `access: write`" };
}
