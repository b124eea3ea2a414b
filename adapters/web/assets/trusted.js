/**
 * The only way in for HTML: what this host rendered, already safe. The content security policy forbids every other one,
 * so a mistake elsewhere in the script can't become a hole.
 */
const policy = globalThis.trustedTypes?.createPolicy("clawdbot", { createHTML: (html) => html });

/** The elements of a fragment from this host. */
export function elementsOf(html) {
  const template = document.createElement("template");
  template.innerHTML = policy === undefined ? html : policy.createHTML(html);
  return [...template.content.children];
}
