/**
 * The only way in for HTML and for script: what this host rendered, already safe, and its own service worker. The
 * content security policy forbids every other one, so a mistake elsewhere in the script can't become a hole.
 */
const policy = globalThis.trustedTypes?.createPolicy("clawdbot", {
  createHTML: (html) => html,
  createScriptURL(address) {
    if (!address.startsWith("/service-worker.js?")) throw new TypeError("No script is loaded from there");
    return address;
  },
});

/** The elements of a fragment from this host. */
export function elementsOf(html) {
  const template = document.createElement("template");
  template.innerHTML = policy === undefined ? html : policy.createHTML(html);
  return [...template.content.children];
}

/** The address of the service worker. */
export function scriptAddressOf(address) {
  return policy === undefined ? address : policy.createScriptURL(address);
}
