/**
 * Makes the pictures in the docs: real pages in Chromium, with fixed texts, at a fixed moment, as PNGs with a palette.
 * Run again on the same machine, they are the same to the eye; fonts and Chromium decide the rest.
 *
 *   deno run -A scripts/screenshots.ts [--all FOLDER] [--only TEXT]
 *
 * With `--all`, every state in `tests/e2e/page_states.ts` is put into a folder, on phone and desktop, light and dark, in
 * both languages, to be looked at side by side. With `--only`, those that have a text in their state's name.
 */
import { parseArgs } from "node:util";
import { openBrowser, openPage, openStand } from "../tests/e2e/page_stand.ts";
import { type PageState, pageStates, scenes, sizes, stateNowMs } from "../tests/e2e/page_states.ts";
import { readPng, writePalettePng } from "./png_palette.ts";

/** The most that one picture may have, and all of them, in bytes: a checkout stays small. */
const pictureBytesMax = 300_000;
const folderBytesMax = 3_000_000;

interface Shot {
  readonly file: string;
  readonly state: string;
  readonly size: keyof typeof sizes;
  readonly colorScheme: "light" | "dark";
  readonly locale: keyof typeof scenes;
}

const light = { size: "desktop", colorScheme: "light", locale: "en-GB" } as const;
/** What the docs show. */
const shots: readonly Shot[] = [
  { ...light, file: "conversation", state: "conversation, other sessions" },
  { ...light, file: "conversation_dark", state: "conversation, other sessions", colorScheme: "dark" },
  { ...light, file: "conversation_zh", state: "conversation, other sessions", locale: "zh-CN" },
  { ...light, file: "conversation_phone", state: "conversation, other sessions", size: "phone" },
  { ...light, file: "conversations_phone", state: "conversations", size: "phone" },
  { ...light, file: "versions", state: "versions" },
  { ...light, file: "keys", state: "keys" },
  { ...light, file: "offline", state: "offline" },
  { ...light, file: "login", state: "login" },
  { ...light, file: "context", state: "context" },
  { ...light, file: "console", state: "console board" },
  { ...light, file: "console_dark", state: "console board", colorScheme: "dark" },
  { ...light, file: "console_phone", state: "console board", size: "phone" },
  { ...light, file: "console_phone_dark", state: "console request", size: "phone", colorScheme: "dark" },
  { ...light, file: "console_request", state: "console request" },
  { ...light, file: "console_audit", state: "console audit" },
  { ...light, file: "console_stale", state: "console board, stale" },
];

const { values: { all, only = "" } } = parseArgs({
  args: Deno.args,
  options: { all: { type: "string" }, only: { type: "string" } },
});
const folder = all ?? new URL("../docs/images", import.meta.url).pathname;
await Deno.mkdir(folder, { recursive: true });
const browser = await openBrowser(["--font-render-hinting=none"]);
let bytes = 0;
try {
  for (const shot of (all === undefined ? shots : everything()).filter(({ state }) => state.includes(only))) {
    bytes += await take(shot);
  }
} finally {
  await browser.close();
}
console.log(`${(bytes / 1_000).toFixed(0)} kB in ${folder}`);
if (all === undefined && bytes > folderBytesMax) throw new Error(`The pictures have more than ${folderBytesMax} bytes`);

function everything(): Shot[] {
  return pageStates.flatMap(({ name: state }) =>
    (Object.keys(sizes) as (keyof typeof sizes)[]).flatMap((size) =>
      (["light", "dark"] as const).flatMap((colorScheme) =>
        (Object.keys(scenes) as (keyof typeof scenes)[]).map((locale) => ({
          file: `${state.replace(/\W+/g, "_")}-${size}-${colorScheme}-${locale}`,
          state,
          size,
          colorScheme,
          locale,
        }))
      )
    )
  );
}

/** Takes one picture; resolves with its bytes. */
async function take({ file, state, size, ...options }: Shot): Promise<number> {
  await using stand = openStand({ nowMs: stateNowMs });
  const context = await browser.newContext({
    ...sizes[size],
    ...options,
    deviceScaleFactor: all === undefined ? 1.5 : 1,
    timezoneId: "UTC",
    reducedMotion: "reduce",
    serviceWorkers: "block",
  });
  try {
    const { page } = await openPage(context);
    page.setDefaultTimeout(20_000);
    await stateOf(state).show({ stand, page, locale: options.locale });
    await page.mouse.move(0, 0);
    await page.evaluate("document.fonts.ready");
    const png = writePalettePng(readPng(await page.screenshot({ animations: "disabled", caret: "hide" })));
    if (all === undefined && png.length > pictureBytesMax) {
      throw new Error(`The picture ${file}.png has ${png.length} bytes; at most ${pictureBytesMax} are wanted`);
    }
    await Deno.writeFile(`${folder}/${file}.png`, png);
    console.log(`${file}.png ${(png.length / 1_000).toFixed(0)} kB`);
    return png.length;
  } finally {
    await context.close();
  }
}

function stateOf(name: string): PageState {
  const state = pageStates.find((state) => state.name === name);
  if (state === undefined) throw new Error(`There is no state "${name}"; see tests/e2e/page_states.ts`);
  return state;
}
