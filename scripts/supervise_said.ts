import { encodeFrame } from "../core/frames.ts";
import { harmless } from "../core/harmless.ts";
import type { LauncherMessage } from "../core/host_start.ts";

type Said = Extract<LauncherMessage, { kind: "said" }>;

/** What waits for a host, while there is none. */
const waitingMax = 100;
/** Text of one process that becomes one entry, in UTF-16 code units. */
const textLengthMax = 4_000;
/** What a process writes within this time becomes one entry: a trace isn't torn apart. */
const togetherMs = 50;

/** What launcher and runners say: on stderr, and by the host into its log. */
export interface Saying {
  /** Says a sentence of the launcher's own. */
  say(text: string): void;
  /** Passes on what a process writes to its stderr; resolves when it has ended. */
  hear(role: string, pid: number, stderr: AsyncIterable<Uint8Array>): Promise<void>;
  /** Takes the stdin of a host: what waits goes there at once, and all that comes. Returns what ends that. */
  tell(stdin: WritableStreamDefaultWriter<Uint8Array>): () => void;
  /** Writes to stderr what no host will take any more. */
  end(): void;
}

/** Makes what passes on. */
export function createSaying(): Saying {
  const waiting: Said[] = [];
  let host: ((said: Said) => void) | undefined;
  const pass = (said: Said) => {
    if (host !== undefined) return host(said);
    waiting.push(said);
    if (waiting.length > waitingMax) show(waiting.shift()!);
  };
  return {
    say(text) {
      console.error(text);
      pass({ kind: "said", role: "launcher", pid: Deno.pid, text: text.slice(0, textLengthMax), shown: true });
    },
    async hear(role, pid, stderr) {
      const decoder = new TextDecoder();
      let text = "";
      let timer: ReturnType<typeof setTimeout> | undefined;
      const flush = () => {
        clearTimeout(timer);
        timer = undefined;
        const whole = text.trimEnd();
        text = "";
        if (whole !== "") pass({ kind: "said", role, pid, text: whole, shown: false });
      };
      for await (const chunk of stderr) {
        text += decoder.decode(chunk, { stream: true });
        while (text.length >= textLengthMax) {
          const rest = text.slice(textLengthMax);
          text = text.slice(0, textLengthMax);
          flush();
          text = rest;
        }
        timer ??= setTimeout(flush, togetherMs);
      }
      flush();
    },
    tell(stdin) {
      let unread = 0;
      const send = (said: Said) => {
        if (unread >= waitingMax) return show(said); // a host that hangs
        unread++;
        stdin.write(encodeFrame({ kind: "json", value: said })).then(() => unread--, () => {});
      };
      host = send;
      for (const said of waiting.splice(0)) send(said);
      return () => {
        if (host === send) host = undefined;
      };
    },
    end: () => waiting.splice(0).forEach(show),
  };
}

function show({ role, pid, text, shown }: Said): void {
  if (!shown) console.error(harmless(`${role} ${pid}: ${text}`));
}
