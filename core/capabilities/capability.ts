import type * as v from "valibot";
import type { CapabilityName } from "../../schema/capabilities.ts";
import type { Action } from "../access.ts";
import type { Device } from "../devices.ts";
import type { Locale } from "../text/mod.ts";

/** What the site has that a capability may refer to. */
export interface CapabilitySite {
  readonly devices: Readonly<Record<string, Device>>;
}

/** What one request wants, for the policy: a rule on `resource` may deny it, or have it asked. */
export interface Wanted {
  readonly action: Action;
  /** Like `http:api.example.com`, `device:plc-7.speed`, `message:this`. */
  readonly resource: string;
}

/** Whether asking and grant cover one request. `reason`: one line that says what isn't covered, and by which of them. */
export type Coverage =
  | { readonly kind: "covered"; readonly wants: readonly Wanted[] }
  | { readonly kind: "uncovered"; readonly by: "manifest" | "grant"; readonly reason: string };

/**
 * One thing that plugins can be allowed to do: what a manifest may ask, what a site may grant, and whether both cover a
 * request. Pure. `core/access.ts` asks it, and nobody else decides; requests are carried out in `core/plugins/`.
 */
export interface Capability<Asked, Granted, Request> {
  readonly name: CapabilityName;
  /** What a manifest may say under its name. */
  readonly asked: v.GenericSchema<unknown, Asked>;
  /** What the configuration may say under `plugins.NAME.grant`. Descriptions are for its documentation. */
  readonly granted: v.GenericSchema<unknown, Granted>;
  /** What the plugin passes to the host function of that name. Absent: there is no host function of that name. */
  readonly request?: v.GenericSchema<unknown, Request>;
  /** What that function gives back in `ok`, for the SDKs. */
  readonly reply?: v.GenericSchema;
  /** Whether both cover the request. */
  cover(
    asked: Asked,
    granted: Granted,
    request: Request,
    site: CapabilitySite,
  ): Coverage;
  /** What is asked, in plain words, one thing a line: "may read speed of plc-7". Of a site that is known, more exactly. */
  describe(asked: Asked, locale: Locale, site?: CapabilitySite): readonly string[];
  /** Addresses that the grant lets the connector reach, `host:port`. */
  targets?(granted: Granted, site: CapabilitySite): readonly string[];
}

/** A capability whose own types nobody outside its file needs: what goes in was read by its own schemas. */
// deno-lint-ignore no-explicit-any -- the registry holds them side by side; `read…` in mod.ts keeps them apart
export type AnyCapability = Capability<any, any, any>;
