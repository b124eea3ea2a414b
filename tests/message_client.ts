import { type Agent, request, type RequestOptions } from "node:http";

/** Where a host is reached: its Unix socket, or its page's address, with what a request must carry there. */
export interface HostAddress extends Pick<RequestOptions, "socketPath" | "host" | "port"> {
  readonly agent: Agent;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one message; resolves when it is acknowledged. */
export function sendMessage(
  { headers, ...to }: HostAddress,
  message: { readonly conversation: string; readonly platformId: string; readonly text: string },
): Promise<{ session_id: string }> {
  const { conversation, platformId: platform_id, text } = message;
  const body = JSON.stringify({ conversation, platform_id, text });
  const all = { ...headers, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, path: "/api/messages", method: "POST", headers: all }, (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => answer += chunk);
      response.on("end", () => {
        if (response.statusCode === 202) resolve(JSON.parse(answer));
        else reject(new Error(`${response.statusCode}: ${answer}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The answers of a session, as its stream of events brings them. */
export interface Answers {
  /** Resolves with the next one. */
  next(): Promise<void>;
  close(): void;
}

/** Resolves when the stream of a session's events is open. */
export function listenToAnswers({ headers, ...to }: HostAddress, session: string): Promise<Answers> {
  const wakers: (() => void)[] = [];
  return new Promise((resolve, reject) => {
    const asked = request({ ...to, path: `/api/sessions/${session}/events`, headers: { ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("error", () => {});
      response.on("data", (chunk) => {
        text += chunk;
        for (let end: number; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          if (text.slice(0, end).includes('"author":"assistant"')) wakers.shift()?.();
        }
      });
      resolve({ next: () => new Promise<void>((wake) => wakers.push(wake)), close: () => asked.destroy() });
    });
    asked.on("error", reject);
    asked.end();
  });
}
