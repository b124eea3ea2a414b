import { pageBytes, paintMs, slowdown, streamedFluency } from "../e2e/page_measures.ts";
import { openBrowser } from "../e2e/page_stand.ts";
import { quantile, type Row, row } from "./row.ts";

const rounds = 5;
/** 10 s of an answer at 50 tokens/s. */
const tokens = 500;

/** The page in Chromium: how fluent a streamed answer is, what the page weighs, how soon it shows without script. */
export async function* pageRows(): AsyncGenerator<Row> {
  const browser = await openBrowser();
  try {
    const frames: number[] = [];
    const tasks: number[] = [];
    const paints: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { frameMs, taskMs } = await streamedFluency(browser, tokens);
      frames.push(frameMs);
      tasks.push(taskMs);
      paints.push(await paintMs(browser));
    }
    const slow = `processor slowed ${slowdown} times, phone size; median of ${rounds}`;
    const all = frames.map((ms) => ms.toFixed(0)).join(" ");
    yield row({
      name: "page.frame.worst",
      value: quantile(frames, 0.5),
      unit: "ms",
      goal: { most: 100 },
      detail: `longest frame while ${tokens} tokens come at 50/s, with tables and code; ${slow} (${all})`,
    });
    yield row({
      name: "page.task.worst",
      value: quantile(tasks, 0.5),
      unit: "ms",
      goal: { most: 100 },
      detail: `longest that the page itself worked at a time then, in processor time; ${slow}`,
    });
    yield row({
      name: "page.paint",
      value: quantile(paints, 0.5),
      unit: "ms",
      detail: `first contentful paint of a long conversation without script; ${slow}`,
    });
    yield row({
      name: "page.weight",
      value: await pageBytes(browser) / 1_000,
      unit: "KB",
      goal: { most: 100 },
      detail: "all that the network carries for a conversation's page, compressed, nothing cached",
    });
  } finally {
    await browser.close();
  }
}
