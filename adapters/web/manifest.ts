import type { Locale } from "../../core/text/mod.ts";
import { assetUrl, iconSizes } from "./assets.ts";
import { sayIn } from "./html/frame.ts";

/** What a system needs to install the page as a program. Source: https://www.w3.org/TR/appmanifest/ */
export function manifestOf(locale: Locale): Readonly<Record<string, unknown>> {
  const { name, description, newConversation, conversations } = sayIn(locale);
  return {
    id: "/",
    name,
    short_name: name,
    description,
    lang: locale,
    dir: "ltr",
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: "#fbfbfa",
    theme_color: "#fbfbfa",
    icons: [
      { src: assetUrl("icon.svg"), type: "image/svg+xml", sizes: "any", purpose: "any" },
      ...iconSizes.map((size) => ({
        src: assetUrl(`icon-${size}.png`),
        type: "image/png",
        sizes: `${size}x${size}`,
        purpose: "any",
      })),
      { src: assetUrl("icon-maskable.png"), type: "image/png", sizes: "512x512", purpose: "maskable" },
    ],
    shortcuts: [{ name: newConversation, url: "/" }, { name: conversations, url: "/conversations" }],
  };
}
