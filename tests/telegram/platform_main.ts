/**
 * The emulator as a process of its own, with a crowd of people, told what to do by lines of JSON on stdin: see
 * `platform.ts`. Each line is answered by one on stdout. Ends with stdin.
 */
import { linesOf } from "../lines_of.ts";
import { seededRandom } from "../seeded.ts";
import { type Person, TelegramEmulator } from "../telegram_emulator.ts";
import type { Order, Record, Reply } from "./platform.ts";

const [seedText = "1"] = Deno.args;
const random = seededRandom({ seed: Number(seedText), run: 1 });
const emulator = await TelegramEmulator.start({ random });
const people: Person[] = [];
const written: { readonly person: number; readonly id: number; readonly atMs: number }[] = [];
let trouble: AbortController | undefined;

for await (const line of linesOf(Deno.stdin.readable)) {
  const reply = await obey(JSON.parse(line));
  console.log(JSON.stringify(reply));
}
trouble?.abort();
await emulator.close();

async function obey(order: Order): Promise<Reply> {
  switch (order.do) {
    case "greet":
      return { apiRoot: emulator.apiRoot, token: emulator.token };
    case "people":
      for (let index = 0; index < order.count; index++) people.push(emulator.person(`Person ${people.length}`));
      return { ids: people.map(({ id }) => id) };
    case "write":
      for (const { person, text } of order.messages) {
        const { id } = people[person]!.write(text);
        written.push({ person, id, atMs: Date.now() });
      }
      return {};
    case "trouble":
      trouble?.abort();
      trouble = undefined;
      emulator.faults.clear();
      emulator.updates.copies = order.on ? 0.05 : 0;
      if (order.on) {
        trouble = new AbortController();
        void makeTrouble(trouble.signal);
      } else {
        // What is silent stays silent until its caller leaves: here the wire is cut.
        await emulator.refuse();
        await emulator.accept();
      }
      return {};
    case "count":
      return { shown: people.map((person) => emulator.said(person).length), waiting: emulator.updates.waiting };
    case "record":
      return { record: record() };
    case "forget":
      emulator.told.length = 0;
      written.length = 0;
      for (const { chat } of people) chat.messages.clear();
      return {};
  }
}

/** Now and then nothing is wrong, now and then nobody listens, mostly some calls go wrong in some way. */
async function makeTrouble(signal: AbortSignal): Promise<void> {
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  const kinds = [
    { kind: "retry", afterSeconds: 1 },
    { kind: "gateway", code: 502 },
    { kind: "error", code: 500, description: "Internal Server Error" },
    { kind: "error", code: 409, description: "Conflict: terminated by other getUpdates request" },
    { kind: "cut", taken: true, shown: "nothing" },
    { kind: "cut", taken: true, shown: "half" },
    { kind: "cut", taken: false, shown: "headers" },
    { kind: "slow", ms: 1_500 },
    { kind: "silence" },
  ] as const;
  while (!signal.aborted) {
    emulator.faults.clear();
    const what = random();
    if (what < 0.1) {
      await emulator.refuse();
      await pause(100 + random() * 700);
      await emulator.accept();
    } else if (what < 0.75) {
      const fault = kinds[Math.floor(random() * kinds.length)]!;
      emulator.faults.add({ ...fault, chance: fault.kind === "silence" ? 0.05 : 0.3 });
    }
    await pause(200 + random() * 1_000);
  }
}

function record(): Record {
  return {
    hits: emulator.faults.hits,
    chats: people.map((person, index) => ({
      id: person.id,
      written: written.filter((message) => message.person === index).map(({ id, atMs }) => ({ id, atMs })),
      messages: emulator.messages(person).map(({ id, text, fromBot, edits }) => ({ id, text, fromBot, edits })),
      told: emulator.toldIn(person).map(({ atMs, method, taken, message, payload }) => ({
        atMs,
        method,
        taken,
        text: message?.text ?? `${payload.text ?? ""}`,
        ...(message === undefined ? {} : { id: message.id }),
      })),
    })),
  };
}
