/** What a request of the measured set is to come to. */
export type Expected =
  /** These calls and no others, as `TOOL ARGUMENTS` in JSON. */
  | {
    readonly kind: "calls";
    readonly calls: readonly (readonly [tool: string, given: Readonly<Record<string, unknown>>])[];
  }
  /** Nothing is done. */
  | { readonly kind: "idle" }
  /** It is asked back which, or which value. */
  | { readonly kind: "ask" };

/** One request. */
export interface MeasuredRequest<Site extends string = string> {
  readonly site: Site;
  readonly say: string;
  readonly expected: Expected;
}

/** A request that asks for these calls. */
export function does<Site extends string>(
  site: Site,
  say: string,
  ...calls: readonly (readonly [tool: string, given: Readonly<Record<string, unknown>>])[]
): MeasuredRequest<Site> {
  return { site, say, expected: { kind: "calls", calls } };
}

/** Requests that ask for nothing to be done. */
export function idle<Site extends string>(site: Site, ...say: readonly string[]): readonly MeasuredRequest<Site>[] {
  return say.map((say) => ({ site, say, expected: { kind: "idle" } }));
}

/** Requests that may mean several things, or leave out what must be known. */
export function asks<Site extends string>(site: Site, ...say: readonly string[]): readonly MeasuredRequest<Site>[] {
  return say.map((say) => ({ site, say, expected: { kind: "ask" } }));
}
