import { addPeople, openSite } from "../known_people.ts";
import { startSite } from "../site.ts";
import { type Record, TelegramPlatform } from "../telegram/platform.ts";
import { quantile, type Row, row } from "./row.ts";

const conversations = 500;
const main = new URL("scripted_main.ts", import.meta.url).pathname;
/** Far longer than 500 messages take at the rate that Telegram bears. */
const msMax = 180_000;

/**
 * 500 people write to the bot at the same moment, each in their own chat: until the answer is stored, which is the
 * host's own work, and until it is shown, which Telegram's rate (30 a second) bounds. The engine is scripted; emulator and
 * host are processes of this machine. Beside it, a site of the same people answers once before, so that all is loaded.
 */
export async function* telegramRows(): AsyncGenerator<Row> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-bench-" });
  try {
    await using platform = await TelegramPlatform.start(1);
    const config = [
      `protocol: { telegram: { token: "${platform.token}", api_root: "${platform.apiRoot}" } }`,
      "access: { unknown: silent, bindings: { user: [everyone] } }",
    ].join("\n");
    {
      await using site = await startSite({ folder, config, main });
      await site.untilReady();
    }
    const { ids } = await platform.order({ do: "people", count: conversations });
    await addPeople(folder, "telegram", ids!.map(String));
    {
      await using site = await startSite({ folder, config, main });
      await site.untilReady();
      await askAll(platform, [0]);
      await platform.order({ do: "forget" });
      await askAll(platform, ids!.map((_, person) => person));
    }
    const { record } = await platform.order({ do: "record" });
    yield* rowsOf(record!, await storedMs(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** These people write, and have their answers. */
async function askAll(platform: TelegramPlatform, people: readonly number[]): Promise<void> {
  await platform.order({ do: "write", messages: people.map((person) => ({ person, text: `Question of ${person}?` })) });
  for (const endMs = performance.now() + msMax; performance.now() < endMs;) {
    const { shown } = await platform.order({ do: "count" });
    if (people.every((person) => shown![person]! > 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("Not everybody has an answer");
}

/** When the last answer to each chat was stored. */
async function storedMs(folder: string): Promise<ReadonlyMap<string, number>> {
  const { store, vault } = await openSite(folder);
  const turns = await store.read((tx) => tx.find("turns", { state: "answered" }, { order: ["createdMs"] }));
  await store.close();
  return new Map(turns.map(({ id, conversationEnc, endedMs }) => [
    vault.openText({ table: "turns", column: "conversation", id, version: 1 }, conversationEnc),
    endedMs!,
  ]));
}

function* rowsOf({ chats }: Record, stored: ReadonlyMap<string, number>): Generator<Row> {
  const writtenMs = chats.map(({ written }) => written[0]!.atMs);
  const firstMs = Math.min(...writtenMs);
  const times = {
    stored: chats.map(({ id }) => stored.get(`${id}`)!),
    shown: chats.map(({ told }) => told.find(({ taken, method }) => taken && method === "sendMessage")!.atMs),
  };
  const said = {
    stored: "until the answer is stored: polling, intake, turn",
    shown: "until the answer is shown; Telegram bears 30 a second, and the outbox keeps to 28",
  };
  for (const kind of ["stored", "shown"] as const) {
    const tookMs = times[kind].map((atMs, index) => atMs - writtenMs[index]!);
    const detail = `${conversations} Telegram conversations at once, ${said[kind]}`;
    yield row({ name: `telegram.${kind}.p50`, value: quantile(tookMs, 0.5), unit: "ms", detail });
    yield row({ name: `telegram.${kind}.p99`, value: quantile(tookMs, 0.99), unit: "ms", detail });
    const seconds = (Math.max(...times[kind]) - firstMs) / 1_000;
    yield row({ name: `telegram.${kind}.rate`, value: conversations / seconds, unit: "/s", detail });
  }
}
