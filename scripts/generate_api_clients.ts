import { clients } from "../tests/e2e/clients/client_list.ts";

/** What stands between the marks of `docs/api.md`: the clients that the tests run, and what of each. */
export function apiClientsTable(): string {
  const rows = clients.map(({ name, version, language, checks }) =>
    `| \`${name}\` for ${language} | ${version} | ${checks.join(" · ")} |`
  );
  return ["| client | version | what the test does with it |", "|---|---|---|", ...rows, ""].join("\n");
}
