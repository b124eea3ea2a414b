import { copyText, showCopied } from "./copy.js";
import { find, post, sayOutcome } from "./request.js";

/** What can be done with messages. Without this script, the buttons send their form and the page comes anew. */
export function createActions({ messages, csrf, say, onChanged, onEdit }) {
  const announce = (words) => find("status").textContent = words;

  messages.addEventListener("click", async (event) => {
    const button = event.target.closest("button, a");
    if (button === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const item = button.closest(".message");
    if ("act" in button.dataset) {
      event.preventDefault();
      await act(button);
    } else if ("edit" in button.dataset) {
      event.preventDefault();
      onEdit(item);
    } else if ("copy" in button.dataset) {
      await copy(button, textOf(item));
    } else if ("copyCode" in button.dataset) {
      await copy(button, button.closest("figure").querySelector("code").textContent);
    }
  });

  async function act(button) {
    if (messages.getAttribute("aria-busy") === "true") return;
    messages.setAttribute("aria-busy", "true");
    const outcome = await post(new URL(button.formAction).pathname, csrf);
    messages.removeAttribute("aria-busy");
    sayOutcome(outcome, say);
    if (outcome.kind === "done") onChanged(button.dataset.act);
  }

  async function copy(button, text) {
    if (await copyText(text)) showCopied(button, say.copied, announce);
  }
}

/** A question is copied as it stands there, an answer as the Markdown that it was written in. */
async function textOf(item) {
  if (!item.classList.contains("assistant")) return item.querySelector(".text").textContent;
  const sessionId = location.pathname.split("/")[2];
  const response = await fetch(`/api/sessions/${sessionId}/messages?after=${item.dataset.sequence - 1}`);
  const { messages } = await response.json();
  return messages.find(({ id }) => id === item.dataset.id).text;
}
