import { html } from "hono/html";
import type { ShownContext } from "../../../core/assistant.ts";
import { type ContextMessage, type ContextPart, partsOf } from "../../../core/prompt_context.ts";
import { text } from "../../../core/text/mod.ts";
import { sizeIn } from "../../../core/text/size.ts";
import { styleNames } from "../assets.ts";
import { documentOf, type Frame, type Html, sayIn } from "./frame.ts";
import { icon } from "./icons.ts";

/** What the model was given for one answer: each part with its share, and what was left out and why. */
export function contextPage(frame: Frame, shown: ShownContext): Html {
  const { context: say, name, backToConversation } = sayIn(frame.locale);
  return documentOf(frame, {
    title: `${say.title} · ${name}`,
    kind: "sheet",
    styles: [...styleNames, "context.css"],
    body: html`
      <main class="card context">
        <p><a href="/c/${shown.sessionId}">${icon("back")}${backToConversation}</a></p>
        <h1>${say.title}</h1>
        <p>${total(frame, shown)}</p>
        ${shares(frame, shown)} ${given(frame, shown)} ${leftOut(frame, shown)}
      </main>
    `,
  });
}

function total(frame: Frame, { context }: ShownContext): string {
  return text(frame.locale).context.total({
    model: context.modelName,
    prompt: numberIn(frame, context.promptTokens),
    whole: numberIn(frame, context.contextTokens),
    answer: numberIn(frame, context.answerTokensMax),
  });
}

/** A bar of the whole, drawn by the page itself: the policy allows no style of an element's own. */
function shares({ locale }: Frame, { context }: ShownContext): Html {
  const { context: say } = sayIn(locale);
  const { contextTokens, answerTokensMax } = context;
  const segments = [...partsOf(context), { kind: "answer" as const, tokens: answerTokensMax }];
  let from = 0;
  const bars = segments.map(({ kind, tokens }) => {
    const width = 1_000 * tokens / Math.max(1, contextTokens);
    const bar = html`
      <rect class="share part-${kind}" x="${from.toFixed(1)}" y="0" width="${Math.max(
        0,
        Math.min(width, 1_000 - from) - 2,
      )
        .toFixed(1)}" height="16" />
    `;
    from += width;
    return bar;
  });
  return html`
    <svg class="shares" viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" aria-label="${say.shares}">
      <rect class="share part-free" x="0" y="0" width="1000" height="16"/>${bars}
    </svg>
  `;
}

function given(frame: Frame, { context, beginnings }: ShownContext): Html {
  const { context: say, you, assistant } = sayIn(frame.locale);
  const { contextTokens, answerTokensMax, promptTokens, instructionTokens, templateTokens, summary } = context;
  const counts = countsOf(frame, contextTokens);
  const line = (kind: ContextPart["kind"], what: Html | string, hint: Html | string, tokens: number) =>
    html`
      <tr>
        <th scope="row"><div class="part"><span class="mark part-${kind}"></span><span>${what}${hint}</span></div></th>
        ${counts(tokens)}
      </tr>
    `;
  const sum = (what: string, tokens: number) => html`<tr><th scope="row">${what}</th>${counts(tokens)}</tr>`;
  const message = (message: ContextMessage, index: number) =>
    line(
      index === context.messages.length - 1 ? "question" : "earlier",
      message.author === "person" ? you : assistant,
      html`${hintOf(beginnings.get(message.id) ?? say.erased)}${files(frame, message)}`,
      message.tokens,
    );
  return html`
    <div class="table">
      <table>
        <caption class="hidden">${say.title}</caption>
        <thead>
          <tr>
            <th scope="col">${say.part}</th>
            <th scope="col">${say.tokens}</th>
            <th scope="col">${say.share}</th>
          </tr>
        </thead>
        <tbody>
          ${line("instructions", say.instructions, hintOf(say.instructionsHint), instructionTokens)}
          ${summary === undefined ? "" : line(
            "summary",
            say.summary,
            hintOf(say.summaryHint(numberIn(frame, summary.characters))),
            summary.tokens,
          )}
          ${context.messages.map(message)}
          ${line("template", say.template, hintOf(say.templateHint), templateTokens)}
        </tbody>
        <tfoot>
          ${sum(say.total, promptTokens)} ${sum(say.answer, answerTokensMax)}
          ${sum(say.free, Math.max(0, contextTokens - promptTokens - answerTokensMax))}
          ${sum(say.whole, contextTokens)}
        </tfoot>
      </table>
    </div>
    <p class="hint">${context.isMeasured ? say.measured : say.estimated}</p>
  `;
}

function files(frame: Frame, { files = [] }: ContextMessage): Html {
  const { context: say } = sayIn(frame.locale);
  return html`${
    files.map(({ name, bytesLeftOut, isUnreadable }) =>
      hintOf(
        isUnreadable
          ? say.fileUnreadable(name)
          : bytesLeftOut > 0
          ? say.fileCut(name, sizeIn(frame.locale, bytesLeftOut))
          : say.fileWhole(name),
      )
    )
  }`;
}

function leftOut(frame: Frame, { context, beginnings }: ShownContext): Html {
  const { context: say } = sayIn(frame.locale);
  const { earlierLeftOut } = say;
  const note = context.isEarlierLeftOut ? html`<p class="hint">${earlierLeftOut}</p>` : "";
  if (context.leftOut.length === 0) {
    return html`<h2>${say.leftOut}</h2>${note === "" ? html`<p class="hint">${say.nothingLeftOut}</p>` : note}`;
  }
  return html`
    <h2 id="left-out">${say.leftOut}</h2>
    <div class="table">
      <table aria-labelledby="left-out">
        <thead>
          <tr>
            <th scope="col">${say.part}</th>
            <th scope="col">${say.why}</th>
            <th scope="col">${say.tokens}</th>
          </tr>
        </thead>
        <tbody>
          ${context.leftOut.map(({ id, reason, tokens }) =>
            html`
              <tr>
                <th scope="row">${hintOf(beginnings.get(id) ?? say.erased)}</th>
                <td>${say.reasons[reason]}</td>
                <td class="number">${tokens === undefined ? "" : numberIn(frame, tokens)}</td>
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
    ${note}
  `;
}

/** The cells of a number of tokens: it, and its share of what the model holds. */
function countsOf(frame: Frame, contextTokens: number) {
  const percent = new Intl.NumberFormat(frame.locale, { style: "percent", maximumFractionDigits: 1 });
  return (tokens: number) =>
    html`
      <td class="number">${numberIn(frame, tokens)}</td>
      <td class="number">${percent.format(tokens / Math.max(1, contextTokens))}</td>
    `;
}

const numberIn = ({ locale }: Frame, count: number) => count.toLocaleString(locale);
const hintOf = (words: string) => html`<span class="beginning" dir="auto">${words}</span>`;
