import { match, strictEqual } from "node:assert/strict";
import { checkout } from "../../../roles/program_here.ts";
import { runCommand } from "../../command_line.ts";
import { startSite } from "../../site.ts";
import { ask, untilMessages } from "../talk.ts";

// Goal: text that can't be taken in is refused in one line that says why, wherever it comes in, and the next is answered.

const scripted = `${checkout}/tests/bench/scripted_main.ts`;
const encoder = new TextEncoder();

Deno.test("a message of 1 MB, one above the limit, and bytes that aren't UTF-8: each a line, and the next is answered", async () => {
  await using site = await startSite({ main: scripted });
  await site.untilReady();
  const send = async (body: Uint8Array<ArrayBuffer>) => {
    const response = await site.api("/api/messages", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    return `${response.status} ${(await response.json()).error?.message}`;
  };
  const message = (text: string) => encoder.encode(JSON.stringify({ conversation: "c", platform_id: "big", text }));
  match(await send(message("x".repeat(1_000_000))), /^413 The message is too large: at most 1 MB .*; split it/);
  match(
    await send(message("x".repeat(900_000))),
    /^403 The message has 900000 characters; at most 200000 are accepted$/,
  );
  const [before, after] = ['{"conversation":"c","platform_id":"bad","text":"caf', '"}'].map((part) =>
    encoder.encode(part)
  );
  match(await send(new Uint8Array([...before!, 0xe9, ...after!])), /^400 The message isn't valid UTF-8 text; /);
  // What JSON can say and UTF-8 can't: half a character.
  match(await send(message("half \ud83d")), /^400 /);
  await untilMessages(site, await ask(site, "and now", "next"), 2);
});

Deno.test("standard input that isn't UTF-8, or is larger than a message, is one line and exit 1", async () => {
  await using site = await startSite({ main: scripted });
  await site.untilReady();
  const at = { home: `${site.folder}/home` };
  const args = ["ask", "--config", `${site.folder}/config.yaml`, "-"];
  const bad = await runCommand(args, { ...at, stdin: Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20, 0xff) });
  strictEqual(bad.code, 1);
  match(bad.stderr, /^Cannot read the message: standard input isn't UTF-8 text; [^\n]*\n$/);
  const large = await runCommand(args, { ...at, stdin: "x".repeat(1_200_000) });
  strictEqual(large.code, 1);
  match(large.stderr, /^Cannot read the message: standard input has more than 1000000 bytes; shorten it, [^\n]*\n$/);
});
