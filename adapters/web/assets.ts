import actions from "./assets/actions.js" with { type: "text" };
import app from "./assets/app.js" with { type: "text" };
import attachments from "./assets/attachments.js" with { type: "text" };
import backoff from "./assets/backoff.js" with { type: "text" };
import cards from "./assets/cards.js" with { type: "text" };
import chat from "./assets/chat.js" with { type: "text" };
import composer from "./assets/composer.js" with { type: "text" };
import consoleScript from "./assets/console.js" with { type: "text" };
import consoleFilter from "./assets/console_filter.js" with { type: "text" };
import consoleLive from "./assets/console_live.js" with { type: "text" };
import copy from "./assets/copy.js" with { type: "text" };
import feed from "./assets/feed.js" with { type: "text" };
import follow from "./assets/follow.js" with { type: "text" };
import install from "./assets/install.js" with { type: "text" };
import item from "./assets/item.js" with { type: "text" };
import keepFocus from "./assets/keep_focus.js" with { type: "text" };
import kept from "./assets/kept.js" with { type: "text" };
import keys from "./assets/keys.js" with { type: "text" };
import list from "./assets/list.js" with { type: "text" };
import liveTurn from "./assets/live_turn.js" with { type: "text" };
import menu from "./assets/menu.js" with { type: "text" };
import offline from "./assets/offline.js" with { type: "text" };
import outgoing from "./assets/outgoing.js" with { type: "text" };
import record from "./assets/record.js" with { type: "text" };
import rename from "./assets/rename.js" with { type: "text" };
import request from "./assets/request.js" with { type: "text" };
import search from "./assets/search.js" with { type: "text" };
import side from "./assets/side.js" with { type: "text" };
import trusted from "./assets/trusted.js" with { type: "text" };
import turns from "./assets/turns.js" with { type: "text" };
import undo from "./assets/undo.js" with { type: "text" };
import uuid from "./assets/uuid.js" with { type: "text" };
import icon from "./assets/icon.svg" with { type: "text" };
import serviceWorker from "./assets/service_worker.js" with { type: "text" };
import baseCss from "./assets/base.css" with { type: "text" };
import controlsCss from "./assets/controls.css" with { type: "text" };
import chatCss from "./assets/chat.css" with { type: "text" };
import cardsCss from "./assets/cards.css" with { type: "text" };
import answerCss from "./assets/answer.css" with { type: "text" };
import setupCss from "./assets/setup.css" with { type: "text" };
import filesCss from "./assets/files.css" with { type: "text" };
import listCss from "./assets/list.css" with { type: "text" };
import consoleCss from "./assets/console.css" with { type: "text" };
import contextCss from "./assets/context.css" with { type: "text" };
import { compressWell, type Encoding } from "./compress.ts";
import { iconPng } from "./icon_png.ts";

/** A file of the page. */
export interface Asset {
  /** For `Content-Type`. */
  readonly type: string;
  /** Its bytes as they travel; made when they are first asked for, then kept. Pictures aren't compressed again. */
  bytes(encoding: Encoding): Promise<Uint8Array<ArrayBuffer>>;
  /** The encodings that there are of it. */
  readonly encodings: readonly ("br" | "gzip")[];
}

/** The sizes of the PNG icons that systems ask for. */
export const iconSizes: readonly number[] = [180, 192, 512];

/** What the chat and the pages around it are made of. The last script begins. */
const chatTexts = {
  "base.css": baseCss,
  "controls.css": controlsCss,
  "chat.css": chatCss,
  "answer.css": answerCss,
  "list.css": listCss,
  "files.css": filesCss,
  "setup.css": setupCss,
  "cards.css": cardsCss,
  "actions.js": actions,
  "attachments.js": attachments,
  "backoff.js": backoff,
  "cards.js": cards,
  "chat.js": chat,
  "composer.js": composer,
  "copy.js": copy,
  "feed.js": feed,
  "follow.js": follow,
  "install.js": install,
  "item.js": item,
  "keep_focus.js": keepFocus,
  "kept.js": kept,
  "keys.js": keys,
  "list.js": list,
  "live_turn.js": liveTurn,
  "menu.js": menu,
  "outgoing.js": outgoing,
  "record.js": record,
  "rename.js": rename,
  "request.js": request,
  "search.js": search,
  "side.js": side,
  "trusted.js": trusted,
  "turns.js": turns,
  "undo.js": undo,
  "uuid.js": uuid,
  "app.js": app,
};
/** What only some pages load. */
const otherTexts = {
  "console.css": consoleCss,
  "console.js": consoleScript,
  "console_filter.js": consoleFilter,
  "console_live.js": consoleLive,
  "context.css": contextCss,
  "icon.svg": icon,
  "offline.js": offline,
};
const texts: ReadonlyMap<string, string> = new Map(Object.entries({ ...chatTexts, ...otherTexts }));

/** The files that the page loads, by name. They are part of the program, so the host needs no right to read them. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ...[...texts].map(([name, body]) => [name, textAsset(name, body)] as const),
  ...iconSizes.map((size) => [`icon-${size}.png`, picture(() => iconPng({ size, isMaskable: false }))] as const),
  ["icon-maskable.png", picture(() => iconPng({ size: 512, isMaskable: true }))] as const,
]);

/** The styles of a page, in the order in which they count. */
export const styleNames: readonly string[] = Object.keys(chatTexts).filter((name) => name.endsWith(".css"));

/** The styles of a page of the console, in the order in which they count. */
export const consoleStyleNames: readonly string[] = ["base.css", "controls.css", "console.css", "cards.css"];

/** The scripts of a page of the console; the last one begins. */
export const consoleScriptNames: readonly string[] = [
  "backoff.js",
  "install.js",
  "request.js",
  "trusted.js",
  "console_filter.js",
  "console_live.js",
  "console.js",
];

/** What the service worker runs; it stands outside of the assets, because its address decides what it serves. */
export const serviceWorkerScript: string = serviceWorker;

/** The scripts of a page; the last one begins. */
export const scriptNames: readonly string[] = Object.keys(chatTexts).filter((name) => name.endsWith(".js"));

/** Stands in every asset's address and changes with any of them: so each may be kept for good. */
export const assetsVersion: string = await versionOf([...texts.values()].join("\0"));

/** The address of an asset. Scripts import each other by names relative to it. */
export function assetUrl(name: string): string {
  return `/assets/${assetsVersion}/${name}`;
}

function textAsset(name: string, body: string): Asset {
  const kept = new Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>();
  const encode = async (encoding: Encoding) => {
    const bytes = new TextEncoder().encode(body);
    return encoding === undefined ? bytes : await compressWell(bytes, encoding);
  };
  return {
    type: name.endsWith(".css")
      ? "text/css; charset=utf-8"
      : name.endsWith(".svg")
      ? "image/svg+xml"
      : "text/javascript; charset=utf-8",
    encodings: ["br", "gzip"],
    bytes(encoding) {
      const bytes = kept.get(encoding) ?? encode(encoding);
      kept.set(encoding, bytes);
      return bytes;
    },
  };
}

function picture(make: () => Promise<Uint8Array<ArrayBuffer>>): Asset {
  let bytes: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return { type: "image/png", encodings: [], bytes: () => bytes ??= make() };
}

async function versionOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash).subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
