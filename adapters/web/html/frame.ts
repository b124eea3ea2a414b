import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { type Locale, type Text, text } from "../../../core/text/mod.ts";
import { assetUrl, scriptNames } from "../assets.ts";
import type { Theme } from "../visitor.ts";
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
  { locale, theme }: Frame,
  { title, kind, data, body }: {
    readonly title: string;
    /** The layout, as `app.css` names it. */
    readonly kind: "chat" | "sheet";
    /** What the script needs. */
    readonly data?: unknown;
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
        <link rel="icon" href="${assetUrl("icon.svg")}" type="image/svg+xml">
        <link rel="stylesheet" href="${assetUrl("app.css")}">
        ${scriptNames.map((name) => html`<link rel="modulepreload" href="${assetUrl(name)}">`)}
        <script type="module" src="${assetUrl("app.js")}"></script>
      </head>
      <body class="${kind}" data-page="${JSON.stringify(data ?? {})}">${body}</body>
    </html>
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
