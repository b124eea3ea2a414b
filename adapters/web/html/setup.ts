import { html } from "hono/html";
import type { SetupModel, SetupProposal, SetupView } from "../../../core/setup/setup.ts";
import { type Text, text } from "../../../core/text/mod.ts";
import { protocols } from "../../../schema/protocols.ts";
import { documentOf, type Frame, type Html, sayIn, settingsOf } from "./frame.ts";
import { icon } from "./icons.ts";

/** What was filled in before, and what is wrong with it. */
export interface SetupForm {
  readonly model?: string;
  readonly telegram?: boolean;
  readonly ownerName?: string;
  readonly problem?: "bad-owner";
}

/** The commands that a person runs at the terminal: the program's, and the one from source. */
const applyCommands = ["clawdbot config apply", "./scripts/clawdbot config apply"] as const;

/** The questions: language, model, channels, the administrator's name. */
export function setupPage(frame: Frame, view: SetupView, form: SetupForm): Html {
  const { setup: say } = sayIn(frame.locale);
  return sheet(frame, {
    title: say.title,
    asksLook: true,
    body: html`
      <p>${say.lead}</p>
      ${settingsOf(frame, { logOut: false })}
      <form method="post" action="/setup">
        <input type="hidden" name="csrf" value="${frame.csrf}">
        ${modelQuestion(frame, view, form)} ${channelQuestion(frame, form)} ${ownerQuestion(frame, form)}
        <button class="primary">${icon("check")}${say.propose}</button>
      </form>
      <form method="post" action="/setup/later">
        <input type="hidden" name="csrf" value="${frame.csrf}">
        <button aria-describedby="skip-hint">${say.skip}</button>
        <p class="hint" id="skip-hint">${say.skipHint}</p>
      </form>
    `,
  });
}

/** What is proposed: the command that takes it over, and what it would change. */
export function proposalPage(frame: Frame, { lines, rights, problems }: SetupProposal): Html {
  const { setup: say } = sayIn(frame.locale);
  const { setup } = text(frame.locale);
  return sheet(frame, {
    title: problems.length === 0 ? say.proposed : say.problems,
    body: html`
      ${problems.length > 0
        ? html`<ul class="problems">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`
        : html`
          <p>${say.proposedLead}</p>
          ${command(say)}
          <p class="hint">${say.asks}</p>
          <h2>${say.rights}</h2>
          ${rights.length === 0 ? html`<p>${setup.rights.none}</p>` : html`<ul class="rights">
            ${
            rights.map(({ role, change, kind, value }) =>
              html`<li class="${change}"><strong>${say[change]}</strong> ${
                setup.rights[change][kind](role, value)
              }</li>`
            )
          }
          </ul>`}
          <p class="hint">${say.limits}</p>
        `}
      <h2 id="diff-title">${say.text}</h2>
      <pre class="diff" tabindex="0" role="region" aria-labelledby="diff-title"><code>${lines.map(({ kind, text }) =>
        html`<span class="${kind}">${text}\n</span>`
      )}</code></pre>
      <p class="choices">
        <a class="button" href="/setup?again">${icon("edit")}${say.anew}</a>
        <a class="button" href="/">${say.home}</a>
      </p>
    `,
  });
}

/** Where there is a configuration, only the terminal changes it. */
export function configuredPage(frame: Frame, configPath: string): Html {
  const { setup: say } = sayIn(frame.locale);
  return sheet(frame, {
    title: say.configured,
    body: html`
      <p>${say.configuredHint(configPath)}</p>
      ${command(say, " FILE")}
      <p class="choices"><a class="button" href="/">${say.home}</a></p>
    `,
  });
}

/** @param asksLook Language and appearance stand among the questions, so not at the end. */
function sheet(
  frame: Frame,
  { title, body, asksLook = false }: { readonly title: string; readonly body: Html; readonly asksLook?: boolean },
): Html {
  const { name } = sayIn(frame.locale);
  return documentOf(frame, {
    title: `${title} · ${name}`,
    kind: "sheet",
    body: html`
      <main class="card list setup">
        <p class="brand">${icon("settings")}${name}</p>
        <h1>${title}</h1>
        ${body}
      </main>
      ${asksLook ? "" : html`<footer class="card list foot">${settingsOf(frame, { logOut: true })}</footer>`}
    `,
  });
}

function modelQuestion({ locale }: Frame, { models, memoryBytes }: SetupView, form: SetupForm): Html {
  const { setup: say } = sayIn(locale);
  const chosen = form.model ?? models.find(({ isCurrent }) => isCurrent)?.name ?? models[0]?.name;
  return html`
    <fieldset aria-describedby="memory">
      <legend>${say.model}</legend>
      <p class="hint" id="memory">${say.memory(bytes(memoryBytes))}</p>
      ${models.map((model) => modelOption(model, { isChosen: model.name === chosen, locale }))}
    </fieldset>
  `;
}

function modelOption(
  { name, known, isHere, isCurrent }: SetupModel,
  { isChosen, locale }: { readonly isChosen: boolean; readonly locale: Frame["locale"] },
): Html {
  const { setup: say } = sayIn(locale);
  const { languageNames } = text(locale).models.list;
  const notes = [
    ...(known === undefined ? [] : [
      say.facts(
        bytes(known.fileBytes),
        bytes(known.memoryBytes),
        known.languages.map((language) => languageNames[language]).join(", "),
      ),
      known.tools ? say.tools : say.noTools,
      known.fits ? say.fits : say.tooLarge,
    ]),
    ...(isHere ? [say.here] : []),
    ...(isCurrent ? [say.current] : []),
  ];
  return html`
    <label class="option">
      <input type="radio" name="model" value="${name}" required ${isChosen ? "checked" : ""}>
      <span><strong>${name}</strong><span class="hint">${notes.join(" · ")}</span></span>
    </label>
  `;
}

function channelQuestion({ locale }: Frame, { telegram = false }: SetupForm): Html {
  const { setup: say } = sayIn(locale);
  const later = Object.keys(protocols).filter((name) => name !== "telegram").join(", ");
  return html`
    <fieldset aria-describedby="later">
      <legend>${say.channels}</legend>
      <label class="option">
        <input type="checkbox" checked disabled>
        <span><strong>${say.page}</strong><span class="hint">${say.always}</span></span>
      </label>
      <label class="option">
        <input type="checkbox" name="telegram" ${telegram ? "checked" : ""}>
        <span><strong>${say.telegram}</strong><span class="hint">${say.telegramHint}</span></span>
      </label>
      <p class="hint" id="later">${say.later(later)}</p>
    </fieldset>
  `;
}

function ownerQuestion({ locale }: Frame, { ownerName = "", problem }: SetupForm): Html {
  const { setup: say } = sayIn(locale);
  const described = problem === undefined ? "owner-hint" : "owner-hint owner-problem";
  return html`
    <div class="field">
        <label for="owner">${say.owner}</label>
        <p class="hint" id="owner-hint">${say.ownerHint}</p>
        ${problem === undefined
          ? ""
          : html`<p class="problem" id="owner-problem" role="alert">${icon("notice")}<span>${say.badOwner}</span></p>`}
        <input id="owner" name="owner_name" value="${ownerName}" maxlength="100" autocomplete="name" dir="auto"
          aria-describedby="${described}" aria-invalid="${String(problem !== undefined)}">
    </div>
  `;
}

function command(say: Text["web"]["setup"], operand = ""): Html {
  const [program, source] = applyCommands.map((command) => command + operand);
  return html`<p class="command"><code>${program}</code><span class="hint">${say.fromSource(source!)}</span></p>`;
}

/** Bytes as people read them, in decimal units as a disk's label has them. */
function bytes(count: number): string {
  return count >= 999_500_000 ? `${(count / 1e9).toFixed(1)} GB` : `${Math.round(count / 1e6)} MB`;
}
