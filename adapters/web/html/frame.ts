import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { type Locale, type Text, text } from "../../../core/text/mod.ts";
import { assetUrl, scriptNames, styleNames } from "../assets.ts";
import type { Side, Theme } from "../visitor.ts";
import { icon } from "./icons.ts";

/** A piece of a page: everything in it is escaped unless it was made by `html` itself. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What every page shows around its content. */
export interface Frame {
  readonly locale: Locale;
  readonly theme: Theme;
  /** The token that forms carry. */
  readonly csrf: string;
  /** The path of this page, to come back to after a change of the settings. */
  readonly path: string;
  /** Whether the conversations stand beside the conversation, where there is room. Absent: they do. */
  readonly side?: Side;
  /** Whether any of the console is for this person. */
  readonly hasConsole?: boolean;
}

const viewport = "width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content";

/** The catalogue of the page. */
export function sayIn(locale: Locale): Text["web"] {
  return text(locale).web;
}

/**
 * A whole document. The referrer is withheld from every other site, as the header says; within the site it must be
 * sent, because browsers then also send the `Origin` that changes are checked by.
 */
export function documentOf(
  { locale, theme, side = "open" }: Frame,
  { title, kind, data, body, scripts = scriptNames, styles = styleNames }: {
    readonly title: string;
    /** The layout, as `app.css` names it. */
    readonly kind: "chat" | "sheet" | "console";
    /** What the script needs. */
    readonly data?: unknown;
    /** By name, in the order in which they are needed; the last one begins. */
    readonly scripts?: readonly string[];
    /** By name, in the order in which they count. */
    readonly styles?: readonly string[];
    readonly body: Html;
  },
): Html {
  const scheme = theme === "auto" ? "light dark" : theme;
  return html`
    <!DOCTYPE html>
    <html lang="${locale}" data-theme="${theme}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="${viewport}">
        <meta name="referrer" content="same-origin">
        <meta name="color-scheme" content="${scheme}">
        <title>${title}</title>
        ${themeColours(theme)}
        <link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials">
        <link rel="icon" href="${assetUrl("icon.svg")}" type="image/svg+xml">
        <link rel="apple-touch-icon" href="${assetUrl("icon-180.png")}">
        ${styles.map((name) => html`<link rel="stylesheet" href="${assetUrl(name)}">`)}
        ${scripts.map((name) => html`<link rel="modulepreload" href="${assetUrl(name)}">`)}
        <script type="module" src="${assetUrl(scripts.at(-1)!)}"></script>
      </head>
      <body class="${kind}" data-side="${side}" data-page="${JSON.stringify(data ?? {})}">${body}</body>
    </html>
  `;
}

/** What a phone paints around the page: the page's own colour, as `base.css` has it. */
function themeColours(theme: Theme): Html {
  const [light, dark] = ["#fbfbfa", "#151718"];
  if (theme !== "auto") return html`<meta name="theme-color" content="${theme === "light" ? light : dark}">`;
  return html`
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="${light}">
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="${dark}">
  `;
}

/** Language and appearance, as plain forms that work without script; with `logOut`, also the way out. */
export function settingsOf(frame: Frame, { logOut }: { readonly logOut: boolean }): Html {
  const say = sayIn(frame.locale);
  const locales = Object.entries(localeNames).map(([value, label]) =>
    choice({ name: "locale", value, label, lang: value, chosen: frame.locale === value })
  );
  const themes = Object.entries(say.themes).map(([value, label]) =>
    choice({ name: "theme", value, label, lang: frame.locale, chosen: frame.theme === value })
  );
  return html`
    <form class="settings" method="post" action="/preferences">
      <input type="hidden" name="csrf" value="${frame.csrf}">
      <input type="hidden" name="back" value="${frame.path}">
      <fieldset>
        <legend>${say.language}</legend>
        <div class="choices">${locales}</div>
      </fieldset>
      <fieldset>
        <legend>${say.theme}</legend>
        <div class="choices">${themes}</div>
      </fieldset>
    </form>
    ${logOut ? html`<p><a href="/account">${say.account.title}</a></p>` : ""}
    ${frame.hasConsole
      ? html`<p><a class="button quiet" href="/console">${icon("board")}${say.console.title}</a></p>`
      : ""}
    ${logOut ? logOutForm(frame, say) : ""}
  `;
}

/** Each language in its own words, so that whoever needs it can read it. */
const localeNames: Record<Locale, string> = { "en": "English", "zh-CN": "简体中文" };

function choice({ name, value, label, lang, chosen }: {
  readonly name: string;
  readonly value: string;
  readonly label: string;
  readonly lang: string;
  readonly chosen: boolean;
}): Html {
  const pressed = String(chosen);
  return html`<button class="choice" name="${name}" value="${value}" lang="${lang}" aria-pressed="${pressed}">
    ${label}
  </button>`;
}

function logOutForm({ csrf }: Frame, { logOut }: Text["web"]): Html {
  return html`
    <form class="leave" method="post" action="/logout">
      <input type="hidden" name="csrf" value="${csrf}">
      <button class="quiet">${icon("logOut")}${logOut}</button>
    </form>
  `;
}
