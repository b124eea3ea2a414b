import type { Api } from "../../core/api/types.ts";
import type { Attachments } from "../../core/attachments.ts";
import type { Approvals } from "../../core/approvals.ts";
import type { Assistant } from "../../core/assistant.ts";
import type { Console } from "../../core/console/types.ts";
import type { Explainer } from "../../core/explain.ts";
import type { Halts } from "../../core/halt.ts";
import type { Logins } from "../../core/logins.ts";
import type { Logs } from "../../core/logs.ts";
import type { Metrics } from "../../core/metrics/metrics.ts";
import type { SiteMetrics } from "../../core/metrics/site_metrics.ts";
import type { InboundMessage, IntakeResult } from "../../core/message/types.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Random } from "../../core/ports/random.ts";
import type { Setup } from "../../core/setup/setup.ts";
import type { People } from "../../core/people.ts";
import type { Tokens } from "../../core/tokens.ts";
import type { HostNames } from "./host_names.ts";

/** Hands a message to a channel. `closed`: the channel isn't started or has ended, and nothing was stored. */
export type Submit = (
  message: Omit<InboundMessage, "channel">,
) => Promise<IntakeResult | { readonly kind: "closed" }>;

/** What the page and the API work with. */
export interface WebDeps {
  readonly assistant: Assistant;
  /** What programs call. */
  readonly api: Api;
  readonly tokens: Tokens;
  readonly people: People;
  /** What waits for people. */
  readonly approvals: Pick<Approvals, "list" | "vote" | "watch">;
  /** Whether everything is stopped. */
  readonly halts: Pick<Halts, "change" | "shown" | "may">;
  /** Who may do what, and why. */
  readonly explainer: Explainer;
  /** Files that people send with messages. */
  readonly attachments: Pick<Attachments, "bytesMax" | "upload" | "discard" | "open">;
  /** What operators look after the site with. */
  readonly console: Console;
  /** The two channels that messages come in by: browsers' and the command line's. */
  readonly submit: { readonly web: Submit; readonly terminal: Submit };
  readonly logins: Logins;
  readonly setup: Setup;
  readonly logs: Logs;
  /** Where requests are counted, and what `/metrics` tells. */
  readonly metrics: Metrics;
  readonly siteMetrics: SiteMetrics;
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
  readonly log: Log;
  /** Takes what a platform pushes to the channel of this name; `undefined` where nothing is pushed. */
  readonly webhook?: (name: string) => ((request: Request) => Promise<Response>) | undefined;
  /** Where a browser finds the page, `http://127.0.0.1:8080`; known once the listener is open. */
  readonly origin: () => string;
}

/**
 * Which listener an app serves. `local`: a Unix socket that only this person can open, so whoever asks is `local`.
 * `browser`: a TCP port that every page of every site can send requests to, so nothing is believed without a cookie.
 */
export type Entrance =
  | { readonly kind: "local" }
  | {
    readonly kind: "browser";
    readonly hostNames: HostNames;
    /** TLS: cookies are `Secure` and their names start with `__Host-`. */
    readonly secure: boolean;
  };
