import type markdownIt from "markdown-it";

type MarkdownIt = ReturnType<typeof markdownIt>;

/** Signs that nobody sees, which are put between others so that a text isn't what it seems. */
const unseen = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cc}]/gu;
/** What people take for an address: a scheme, or a name with a dot and letters behind it. */
const looksLikeAddress = /:\/\/|[\p{L}\p{N}]\.\p{L}{2,}/u;

/**
 * The host that a link leads to, in the letters of the network (`xn--…` for others), where its text makes people believe
 * in another: it looks like an address and doesn't begin with that host. `undefined` where the text promises nothing.
 */
export function realHost({ text, address }: { readonly text: string; readonly address: string }): string | undefined {
  if (!looksLikeAddress.test(text.normalize("NFKC").replace(unseen, ""))) return undefined;
  const url = URL.parse(address);
  if (url === null || url.host === "") return undefined;
  const begins = text.toLowerCase().replace(/^\s*https?:\/\//, "");
  return begins.startsWith(url.host) && /^(?:[\/?#:]|$)/.test(begins.slice(url.host.length).trimEnd())
    ? undefined
    : url.host;
}

/** Puts the real host behind every link whose text names another. */
export function realHostRule(markdown: MarkdownIt): void {
  markdown.core.ruler.push("real_hosts", ({ tokens, Token }) => {
    for (const { children } of tokens) {
      if (!children?.some(({ type }) => type === "link_open")) continue;
      let [text, address] = ["", ""];
      for (let index = 0; index < children.length; index++) {
        const child = children[index]!;
        if (child.type === "link_open") [text, address] = ["", `${child.attrGet("href") ?? ""}`];
        else if (child.type !== "link_close") text += child.content;
        else {
          const host = realHost({ text, address });
          if (host === undefined) continue;
          const shown = new Token("html_inline", "", 0);
          shown.content = hostShown(host, markdown);
          children.splice(++index, 0, shown);
        }
      }
    }
  });
}

/** A host as it stands behind a link. */
export function hostShown(host: string, { utils: { escapeHtml } }: MarkdownIt): string {
  return ` <span class="host">(${escapeHtml(host)})</span>`;
}
