import { Secret } from "../../schema/secret.ts";

/** Which hub is asked, and as whom. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token?: Secret;
}

/**
 * What Hugging Face's own programs are set to: `HF_ENDPOINT` (a company's mirror) and `HF_TOKEN`.
 * Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function hubSettings(env: (name: string) => string | undefined): HubSettings {
  const endpoint = (env("HF_ENDPOINT")?.trim() || "https://huggingface.co").replace(/\/+$/, "");
  const token = env("HF_TOKEN")?.trim();
  return { endpoint, ...(token ? { token: new Secret(token) } : {}) };
}

/** The token as a header, for the hub's own addresses only, and never over a network as it is. */
export function authorizationFor({ endpoint, token }: HubSettings, url: URL): Record<string, string> {
  const hub = new URL(endpoint);
  const isSafe = hub.protocol === "https:" || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hub.hostname);
  if (token === undefined || !isSafe || url.origin !== hub.origin) return {};
  return { authorization: `Bearer ${token.reveal()}` };
}
