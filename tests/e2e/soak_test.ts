import { ok } from "node:assert/strict";
import { Agent } from "node:http";
import { checkout } from "../../roles/program_here.ts";
import { addPeople } from "../known_people.ts";
import { type HostAddress, listenToAnswers, sendMessage } from "../message_client.ts";
import { lineThrough } from "../regression.ts";
import { type Site, startSite } from "../site.ts";
import { TelegramPlatform } from "../telegram/platform.ts";
import { logIn } from "./browser_session.ts";

// Goal: a host that answers for days grows neither in memory nor in descriptors.
// Method: people write on the page, in the terminal and on Telegram (as fast as it bears), conversations and streams of
// events come and go; when what it keeps on purpose is full a straight line is laid through what the host takes: in the
// later half of all, since what is kept and compiled goes on growing up to some 11,000 questions. `--soak`: 25,000
// questions, however long that takes; their line is held to what no leak is small enough for. One minute comes to 5,000
// questions on a machine with other work and 18,000 on one without, of which the later half was seen to rise by
// 102 ± 50 and 28 ± 6 bytes of heap a question: it finds what leaves an object with its strings behind.

const isWhole = Deno.env.get("CLAWDBOT_TEST_SOAK") === "1";
const messagesMax = isWhole ? 25_000 : Infinity;
const secondsMax = isWhole ? 7_200 : 60;
const warmUpMessages = 2_500;
/**
 * What a message may leave on the average: on the heap, of the whole, less than the smallest object and its place in a
 * list; of the memory as a whole, what the runtime keeps of each stream that was opened, 300 bytes.
 */
const leftMax = { heap: isWhole ? 24 : 128, RSS: 300, descriptors: 0.001 };
const writers = { page: 4, terminal: 4, telegram: 20 };
const messagesPerConversation = 20;

interface Sample {
  readonly messages: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
}

Deno.test(`a soak of ${isWhole ? "25,000 messages" : "one minute"} leaks neither memory nor descriptors`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-soak-" });
  try {
    await using platform = await TelegramPlatform.start(1);
    const { token, apiRoot } = platform;
    const config = `
protocol: { telegram: { token: "${token}", api_root: "${apiRoot}" } }
access: { unknown: silent, bindings: { user: [everyone] } }
`;
    const options = { folder, config, main: `${checkout}/tests/memory_main.ts` };
    await (await startedSite(options)).stop();
    const { ids } = await platform.order({ do: "people", count: writers.telegram });
    await addPeople(folder, "telegram", ids!.map(String));
    await using site = await startedSite(options);
    const samples = await soak(site, platform);
    const from = Math.max(warmUpMessages, samples.at(-1)!.messages / 2);
    const told = samples.filter(({ messages }) => messages >= from);
    ok(told.length >= 20, `only ${told.length} samples`);
    checkSlope("heap", told.map(({ messages, heapBytes }) => [messages, heapBytes]));
    checkSlope("RSS", told.map(({ messages, rssBytes }) => [messages, rssBytes]));
    checkSlope("descriptors", told.map(({ messages, descriptors }) => [messages, descriptors]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function startedSite(options: Parameters<typeof startSite>[0]): Promise<Site> {
  const site = await startSite(options);
  await site.untilReady();
  return site;
}

/** Writes until there were enough messages, or time is over; samples the host meanwhile. */
async function soak(site: Site, platform: TelegramPlatform): Promise<readonly Sample[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { hostname, port } = new URL(site.url);
  const terminal: HostAddress = { agent, socketPath: site.hostSocket };
  const page: HostAddress = { agent, host: hostname, port, headers: (await logIn(site)).headers };
  const endMs = performance.now() + secondsMax * 1_000;
  let messages = 0;
  const goesOn = () => messages < messagesMax && performance.now() < endMs;
  const answered = () => void messages++;
  const samples: Sample[] = [];
  const [host] = site.pids("host");
  const sampling = (async () => {
    for (; goesOn(); await new Promise((resolve) => setTimeout(resolve, isWhole ? 2_000 : 500))) {
      const heap = site.stderr().slice(-10_000).match(/(?<="heapBytes":)\d+/g)?.at(-1);
      const rss = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${host}/status`))!;
      const descriptors = [...Deno.readDirSync(`/proc/${host}/fd`)].length;
      samples.push({ messages, rssBytes: Number(rss[1]) * 1_024, heapBytes: Number(heap), descriptors });
    }
  })();
  await Promise.all([
    ...Array.from({ length: writers.page }, (_, index) => writeAt(page, `page-${index}`, goesOn, answered)),
    ...Array.from({ length: writers.terminal }, (_, index) => writeAt(terminal, `terminal-${index}`, goesOn, answered)),
    writeOnTelegram(platform, goesOn, answered),
    sampling,
  ]);
  agent.destroy();
  return samples;
}

/** One writer at page or terminal: a question after the other, a new conversation and stream every now and then. */
async function writeAt(to: HostAddress, name: string, goesOn: () => boolean, answered: () => void): Promise<void> {
  for (let begun = 0; goesOn(); begun++) {
    const conversation = `${name}-${begun}`;
    const post = (index: number) =>
      sendMessage(to, { conversation, platformId: `${index}`, text: `Question ${index}?` });
    const { session_id } = await post(0);
    const answers = await listenToAnswers(to, session_id);
    for (let index = 1; index < messagesPerConversation && goesOn(); index++) {
      const answer = answers.next();
      await post(index);
      await answer;
      answered();
    }
    answers.close();
  }
}

/** All people on Telegram ask; when all have their answers, they ask again. */
async function writeOnTelegram(platform: TelegramPlatform, goesOn: () => boolean, answered: () => void): Promise<void> {
  const everybody = [...Array(writers.telegram).keys()];
  for (let asked = 1; goesOn(); asked++) {
    await platform.order({
      do: "write",
      messages: everybody.map((person) => ({ person, text: `Question ${asked}?` })),
    });
    for (let isDone = false; !isDone && goesOn();) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { shown } = await platform.order({ do: "count" });
      isDone = shown!.every((count) => count >= asked);
    }
    everybody.forEach(answered);
  }
}

/** Fails when a line through what was measured surely rises by more than {@link leftMax}. */
function checkSlope(what: keyof typeof leftMax, points: readonly (readonly [messages: number, value: number])[]): void {
  const { slope, margin, count } = lineThrough(points);
  const said = `${what}: ${slope.toFixed(3)} ± ${margin.toFixed(3)} a message, ${count} samples of ` +
    `${points[0]![0]} to ${points.at(-1)![0]} messages, ${points[0]![1]} to ${points.at(-1)![1]}`;
  console.log(said);
  ok(slope - margin <= leftMax[what], said);
}
