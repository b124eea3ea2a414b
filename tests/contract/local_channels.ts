import type { LocalChannel } from "../../adapters/channels/local.ts";
import type { ChannelSuite } from "./channel/under_test.ts";

const ownRecord = "what was answered is read from this host's own record";
const cannot: ChannelSuite["cannot"] = {
  shown: ownRecord,
  edits: ownRecord,
  replies: ownRecord,
  buttons: "the core says in the text what to write instead",
  typing: "the live feed shows it",
  groups: "each conversation is one person's",
  "files in": "files are uploaded before the message, and named in it",
  "files out": ownRecord,
  limits: "it bears anything",
  secret: "it needs none",
  network: "people reach this very host",
  "retry after": "people reach this very host",
};

/** The page and the terminal: people write to this very host, and read its record. */
export function localSuite(name: string, createChannel: () => LocalChannel): ChannelSuite {
  return {
    name,
    cannot,
    async create() {
      const channel = createChannel();
      return {
        channel,
        secrets: [],
        platform: {
          async write({ key, text, by = "ann" }) {
            const message = { account: by, conversation: `of ${by}`, platformId: key, text, locale: "en" } as const;
            const result = await channel.submit(message);
            if (result.kind === "closed") return "unavailable";
            return result.kind === "refused" ? "refused" : "acknowledged";
          },
        },
        close: () => Promise.resolve(),
      };
    },
  };
}
