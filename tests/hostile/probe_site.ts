import { decodeFrames, encodeFrame } from "../../core/frames.ts";
import type { RunnerRole } from "../../core/ports/runner.ts";
import { checkout } from "../../roles/program_here.ts";
import { type Site, type SiteOptions, startSite } from "../site.ts";
import type { HostOrder, Order, Report } from "./orders.ts";

/** A site in which the probe plays host and runners, under the flags that these really have. */
export interface ProbeSite extends Site {
  /** Lets the host try something. */
  host(order: HostOrder): Promise<Report>;
  /** Lets a fresh runner try something, and ends it: that of the model that answers, and that of the one that embeds. */
  runner(order: Order): Promise<Report>;
  embedder(order: Order): Promise<Report>;
  /** The same of the process that brings models. */
  puller(order: Order): Promise<Report>;
}

/** Starts one and waits until its host takes orders. */
export async function startProbeSite(options: SiteOptions = {}): Promise<ProbeSite> {
  const site = await startSite({
    model: `${checkout}/deno.json`,
    ...options,
    main: `${checkout}/tests/hostile/probe.ts`,
  });
  try {
    const host = (order: HostOrder) => tell(site, order);
    const fresh = async (role: RunnerRole, order: Order): Promise<Report> => {
      const runner = crypto.randomUUID();
      const opened = await host({ runner, do: "open", role });
      if (opened.kind !== "done") return opened;
      const report = await host({ runner, do: "ask", order });
      await host({ runner, do: "close" });
      return report;
    };
    await site.untilListening();
    return {
      ...site,
      host,
      runner: (order) => fresh("model-runner", order),
      embedder: (order) => fresh("embedding-runner", order),
      puller: (order) => fresh("model-puller", order),
    };
  } catch (error) {
    await site.stop();
    throw error;
  }
}

async function tell(site: Site, order: HostOrder): Promise<Report> {
  using socket = await Deno.connect({ transport: "unix", path: site.hostSocket });
  await socket.write(encodeFrame({ kind: "json", value: order }));
  for await (const frame of decodeFrames(socket.readable.values({ preventCancel: true }))) {
    if (frame.kind === "json") return frame.value as Report;
  }
  throw new Error("The host ended the conversation");
}
