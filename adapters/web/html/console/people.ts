import { html } from "hono/html";
import type { Pairing, Person, PersonAccount } from "../../../../core/people.ts";
import type { Html } from "../frame.ts";
import { channelName } from "./board.ts";
import {
  action,
  commands,
  type ConsoleFrame,
  facts,
  listHead,
  panelHead,
  sayConsole,
  table,
  timeOf,
  type Zones,
} from "./frame.ts";

/** What the page of people shows. `code` and `id`: whose details stand beside the list. */
export interface PeopleView {
  readonly pairings: readonly Pairing[];
  readonly people: readonly Person[];
  readonly code?: string | undefined;
  readonly id?: string | undefined;
}

/** Who asks to be let in, and who is known. */
export function peopleZones(frame: ConsoleFrame, view: PeopleView): Zones {
  const say = sayConsole(frame);
  const pairing = view.pairings.find(({ code }) => code === view.code);
  const person = view.people.find(({ id }) => id === view.id);
  const panel = pairing !== undefined
    ? pairingPanel(frame, pairing)
    : person !== undefined
    ? personPanel(frame, person)
    : undefined;
  return {
    list: html`
      ${listHead(frame, say.parts.people)}
      <h3>${say.people.requests}</h3>
      ${view.pairings.length === 0
        ? html`<p class="empty">${say.people.noRequests}</p>`
        : html`<p class="hint">${say.people.compare}</p>${requests(frame, view.pairings, pairing)}`}
      <h3>${say.parts.people}</h3>
      ${view.people.length === 0 ? html`<p class="empty">${say.people.nobody}</p>` : known(frame, view.people, person)}
    `,
    ...(panel === undefined ? {} : { panel }),
  };
}

function requests(frame: ConsoleFrame, pairings: readonly Pairing[], current: Pairing | undefined): Html {
  const { people: say } = sayConsole(frame);
  const { requestColumns: columns } = say;
  const rows = pairings.map((pairing) => ({
    id: pairing.code,
    href: `/console/people/requests/${encodeURIComponent(pairing.code)}`,
    isCurrent: pairing === current,
    cells: [
      html`<code class="code">${pairing.code}</code>`,
      html`<bdi>${pairing.name || pairing.account}</bdi>`,
      channelName(frame, pairing.channel),
      timeOf(frame, pairing.createdMs),
    ],
  }));
  return table(say.requests, [
    { title: columns.code },
    { title: columns.who },
    { title: columns.channel, kind: "wide" },
    { title: columns.since, kind: "wide short" },
  ], rows);
}

function known(frame: ConsoleFrame, people: readonly Person[], current: Person | undefined): Html {
  const { people: say, parts } = sayConsole(frame);
  const rows = people.map((person) => ({
    id: person.id,
    href: `/console/people/${encodeURIComponent(person.id)}`,
    isCurrent: person === current,
    cells: [
      html`<bdi>${person.name || say.unnamed}</bdi>${
        person.owner
          ? html`
            <span class="tag">${say.owner}</span>
          `
          : ""
      }`,
      person.roles.join(", "),
      html`<bdi>${accountsOf(frame, person)}</bdi>`,
      timeOf(frame, person.createdMs),
    ],
  }));
  return table(parts.people, [
    { title: say.columns.name },
    { title: say.columns.roles, kind: "wide" },
    { title: say.columns.accounts },
    { title: say.columns.since, kind: "wide short" },
  ], rows);
}

function accountsOf(frame: ConsoleFrame, { accounts }: Person): string {
  return [...new Set(accounts.map(({ channel }) => channelName(frame, channel)))].join(", ");
}

function pairingPanel(
  frame: ConsoleFrame,
  { code, channel, account, name, createdMs, expiresMs, refusedMs }: Pairing,
): Html {
  const { people: say } = sayConsole(frame);
  const { requestColumns: columns } = say;
  const path = `/console/people/requests/${encodeURIComponent(code)}`;
  const until = timeOf(frame, expiresMs);
  return html`
    ${panelHead(frame, name || account)}
    <p class="big-code"><span class="hidden">${columns.code}: </span><code>${code}</code></p>
    <p>${say.compare}</p>
    ${facts([
      [columns.channel, channelName(frame, channel)],
      [columns.who, html`<bdi>${name === "" ? account : `${name} · ${account}`}</bdi>`],
      [columns.since, timeOf(frame, createdMs)],
    ])}
    <p class="hint">${refusedMs === null ? say.expires(until) : say.turnedAway(until)}</p>
    ${action(frame, {
      path: `${path}/pair`,
      hint: say.pairHint,
      button: say.pair(code),
      fields: nameField(say.callThem, name),
    })}
    ${refusedMs === null
      ? action(frame, {
        path: `${path}/refuse`,
        hint: say.turnAwayHint(until),
        button: say.turnAway(code),
        danger: true,
      })
      : ""}
  `;
}

function nameField(label: string, name: string): Html {
  return html`
    <label for="name">${label}</label>
    <input id="name" name="name" value="${name}" maxlength="100" dir="auto" autocomplete="off">
  `;
}

function personPanel(frame: ConsoleFrame, person: Person): Html {
  const { people: say } = sayConsole(frame);
  const { id, name, owner, roles, createdMs, accounts } = person;
  const path = `/console/people/${encodeURIComponent(id)}`;
  const shownRoles = [...(owner ? [say.owner] : []), ...roles].join(", ");
  return html`
    ${panelHead(frame, name || say.unnamed)}
    ${facts([
      [say.columns.roles, shownRoles || say.noRoles],
      [say.columns.since, timeOf(frame, createdMs)],
    ])}
    <form class="action" method="post" action="${path}/rename">
      <input type="hidden" name="csrf" value="${frame.csrf}">
      <label for="name">${say.name}</label>
      <input id="name" name="name" value="${name}" required maxlength="100" dir="auto" autocomplete="off">
      <button>${say.rename}</button>
    </form>
    <h3>${say.columns.accounts}</h3>
    ${accounts.map((account) => accountCard(frame, person, account))}
    ${action(frame, { path: `${path}/link-code`, hint: say.linkCodeHint, button: say.linkCode })}
  `;
}

function accountCard(
  frame: ConsoleFrame,
  person: Person,
  { id, channel, account, name, createdMs }: PersonAccount,
): Html {
  const { people: say, since } = sayConsole(frame);
  const where = channelName(frame, channel);
  const isKept = channel === "web" || (person.owner && channel === "terminal");
  const shown = name === "" ? account : name;
  return html`
    <section class="account">
      <p><strong>${where}</strong> ${channel === "web"
        ? say.login
        : html`<bdi>${name === "" ? account : `${name} · ${account}`}</bdi>`}</p>
      <p class="hint">${since(timeOf(frame, createdMs))}</p>
      ${isKept ? html`<p class="hint">${say.kept}</p>` : action(frame, {
        path: `/console/people/${encodeURIComponent(person.id)}/accounts/${encodeURIComponent(id)}/unlink`,
        hint: say.unlinkHint(person.name || say.unnamed, where),
        button: say.unlink(shown),
        danger: true,
      })}
    </section>
  `;
}

/** A code that is shown once: a page of its own, which no address leads back to. */
export function linkCodeZones(
  frame: ConsoleFrame,
  person: Person,
  code: { readonly code: string; readonly expiresMs: number },
): Zones {
  const { people: say } = sayConsole(frame);
  return {
    list: html`
      <h2>${say.codeTitle(person.name || say.unnamed)}</h2>
      <p class="big-code"><code>${code.code}</code></p>
      <p>${say.code(code.code, timeOf(frame, code.expiresMs))}. ${say.codeOnce}</p>
      <p class="hint">${commands(say.linkCodeHint)}</p>
      <p><a class="button" href="/console/people/${person.id}">${sayConsole(frame).close}</a></p>
    `,
  };
}
