import { hostRequests, requestName } from "./requests.ts";

/** What stands between the marks of `docs/plugins.md`: everything that a plugin can ask the host, by the SDKs' names. */
export function pluginRequestsTable(): string {
  const rows = hostRequests().map((request) => {
    const fields = (wanted: boolean) =>
      request.fields.filter(({ required }) => required === wanted).map(({ name, type }) => `\`${name}\` (${type})`)
        .join(
          ", ",
        ) || "none";
    return `| \`${requestName(request)}\` | \`${request.capability}\` | ${fields(true)} | ${fields(false)} |`;
  });
  return `| request | capability | needs | may have |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}
