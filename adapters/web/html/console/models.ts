import { html } from "hono/html";
import { modelState } from "../../../../core/console/board.ts";
import type { PullView } from "../../../../core/console/pulls.ts";
import type { ModelView } from "../../../../core/console/types.ts";
import type { Html } from "../frame.ts";
import {
  action,
  commands,
  type ConsoleFrame,
  facts,
  listHead,
  panelHead,
  sayConsole,
  sizeWords,
  stateMark,
  table,
  timeOf,
  type Zones,
} from "./frame.ts";

/** The models that are here or configured; beside them, the one of this use or name. */
export function modelsZones(frame: ConsoleFrame, models: readonly ModelView[], name: string | undefined): Zones {
  const say = sayConsole(frame);
  const { columns, uses, unused, none } = say.models;
  const current = models.find((model) => idOf(model) === name) ?? models.findLast((model) => model.name === name);
  const rows = models.map((model) => ({
    id: idOf(model),
    href: `/console/models/${encodeURIComponent(idOf(model))}`,
    isCurrent: model === current,
    cells: [
      html`<bdi>${model.name}</bdi>`,
      stateOf(frame, model),
      model.use === undefined ? unused : uses[model.use.use],
      sizeOfModel(frame, model),
      memoryOf(frame, model),
    ],
  }));
  return {
    list: html`
      ${listHead(frame, say.parts.models)}
      ${rows.length === 0 ? html`<p class="empty">${none}</p>` : table(say.parts.models, [
        { title: columns.name },
        { title: columns.state, kind: "short" },
        { title: columns.use, kind: "wide short" },
        { title: columns.size, kind: "wide number" },
        { title: columns.memory, kind: "number" },
      ], rows)}
      ${anotherModel(frame)}
    `,
    ...(current === undefined ? {} : { panel: modelPanel(frame, current) }),
  };
}

/** What is configured is named by its use: another file may have the same name. */
function idOf({ name, use }: ModelView): string {
  return use?.use ?? name;
}

function sizeOfModel(frame: ConsoleFrame, { file, offer }: ModelView): string {
  const bytes = file?.fileBytes ?? offer?.fileBytes;
  return bytes === undefined ? "" : sizeWords(frame, bytes);
}

function stateOf(frame: ConsoleFrame, { use, isMissing, offer }: ModelView): Html | string {
  const { tiles, models } = sayConsole(frame);
  const pulled = offer === undefined ? undefined : pullState(frame, offer);
  if (pulled !== undefined && (use === undefined || offer?.pull !== undefined)) return pulled;
  if (use === undefined) return "";
  const words = use.server === undefined ? tiles.modelWords : tiles.serverWords;
  return isMissing ? stateMark("waiting", models.missing) : stateMark(modelState(use.state), words[use.state.kind]);
}

function pullState(frame: ConsoleFrame, { pull }: NonNullable<ModelView["offer"]>): Html {
  const { models: say } = sayConsole(frame);
  if (pull === undefined) return stateMark("unknown", say.offered);
  if (pull.kind === "failed") return stateMark("failed", say.pullFailed);
  return stateMark("waiting", pull.isVerifying ? say.verifying : say.pulling(percentOf(pull)));
}

function percentOf({ doneBytes, totalBytes }: { readonly doneBytes: number; readonly totalBytes: number }): number {
  return Math.floor(100 * doneBytes / Math.max(1, totalBytes));
}

/** What brings a model that isn't here, how far that is, and what ends it. */
function pullPart(frame: ConsoleFrame, { name, offer }: ModelView): Html | "" {
  const { models: say } = sayConsole(frame);
  if (offer === undefined) return "";
  const { fileBytes, licence, pull } = offer;
  const begin = () =>
    action(frame, {
      path: `/console/models/pull/${encodeURIComponent(name)}`,
      hint: say.pullHint(sizeWords(frame, fileBytes), licence),
      button: say.pull(name),
    });
  if (pull === undefined) return begin();
  if (pull.kind === "failed") return html`<p class="problem"><bdi>${pull.reason}</bdi></p>${begin()}`;
  const words = pull.isVerifying ? say.verifying : progressWords(frame, pull);
  return html`
    <p class="progress">
      <progress max="100" value="${percentOf(pull)}" aria-label="${say.pulling(percentOf(pull))}"></progress>
      <span>${words}</span>
    </p>
    ${action(frame, {
      path: `/console/models/stop/${encodeURIComponent(name)}`,
      hint: say.stopPullHint,
      button: say.stopPull(name),
      danger: true,
    })}
  `;
}

function progressWords(
  frame: ConsoleFrame,
  { doneBytes, totalBytes, bytesPerSecond = 0 }: Extract<PullView, { kind: "pulling" }>,
): string {
  const { models: say } = sayConsole(frame);
  const [done, total] = [sizeWords(frame, doneBytes), sizeWords(frame, totalBytes)];
  if (bytesPerSecond <= 0) return say.progress(done, total);
  const seconds = Math.ceil((totalBytes - doneBytes) / bytesPerSecond);
  const left = `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
  return say.progressWithRate(done, total, sizeWords(frame, bytesPerSecond), left);
}

function memoryOf(frame: ConsoleFrame, { use }: ModelView): string {
  if (use?.state.kind !== "ready" || use.server !== undefined) return "";
  const { memoryBytes } = use.state.info;
  return memoryBytes === undefined ? "" : sizeWords(frame, memoryBytes);
}

function modelPanel(frame: ConsoleFrame, model: ModelView): Html {
  const { models: say, channels, tiles } = sayConsole(frame);
  const { name, file, use } = model;
  const info = use?.state.kind === "ready" ? use.state.info : undefined;
  const record = file?.record;
  const number = (count: number) => count.toLocaleString(frame.locale);
  const memory = memoryOf(frame, model);
  return html`
    ${panelHead(frame, name)}
    ${facts([
      ...(use === undefined ? [] : [
        [say.columns.state, stateOf(frame, model)] as const,
        [channels.columns.since, timeOf(frame, use.sinceMs)] as const,
      ]),
      ...(use?.state.kind === "failed"
        ? [[channels.reason, html`<bdi>${use.state.failure.reason}</bdi>`] as const]
        : []),
      [say.columns.use, use === undefined ? say.unused : say.uses[use.use]],
      ...(memory === "" ? [] : [[say.columns.memory, memory] as const]),
      ...(info === undefined ? [] : [
        [say.context, say.contextTokens(number(info.contextTokens))] as const,
        [say.together, number(info.sequencesMax)] as const,
      ]),
      ...(model.offer === undefined ? [] : [[say.columns.size, sizeWords(frame, model.offer.fileBytes)] as const]),
      ...(file === undefined ? [] : [
        [say.columns.size, sizeWords(frame, file.fileBytes)] as const,
        [say.file, html`<code>${file.path}</code>`] as const,
      ]),
      ...(record === undefined ? [] : [
        [say.source, html`<bdi>${record.source}</bdi>`] as const,
        [say.digest, html`<code>${record.sha256}</code>`] as const,
      ]),
      ...(record?.licence === undefined ? [] : [[say.licence, html`<bdi>${record.licence}</bdi>`] as const]),
    ])}
    ${use === undefined
      ? ""
      : use.server !== undefined
      ? html`<p class="hint">${say.server(use.server)}</p>`
      : use.state.kind === "ready"
      ? action(frame, {
        path: `/console/models/${use.use}/unload`,
        hint: say.unloadHint,
        button: say.unload(name),
        danger: true,
      })
      : use.state.kind === "loading"
      ? html`<p class="hint">${tiles.modelWords.loading}</p>`
      : model.offer !== undefined
      ? ""
      : action(frame, { path: `/console/models/${use.use}/load`, hint: say.loadHint, button: say.load(name) })}
    ${pullPart(frame, model)}
  `;
}

/** Nothing here reaches the internet: where a model comes from is for whoever sits at the terminal. */
function anotherModel(frame: ConsoleFrame): Html {
  const { models: say } = sayConsole(frame);
  return html`
    <section class="another" aria-labelledby="another">
      <h3 id="another">${say.how}</h3>
      <p class="hint">${say.howHint}</p>
      <pre><code>${"clawdbot model list\nclawdbot model pull NAME"}</code></pre>
      <p class="hint">${commands(say.howName)}</p>
    </section>
  `;
}
