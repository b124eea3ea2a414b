import type { HostMessage, RunnerMessage } from "./protocol.ts";
import type { Session } from "./session.ts";

/** A request whose answer is one value. */
export interface SingleRequest<Result> {
  message(id: number): HostMessage;
  /** Looks at each message about the request, and settles it when the answer is whole. */
  receive(message: RunnerMessage, settle: (result: Result) => void): void;
  /** What it resolves with when it is given up. */
  readonly stopped: Result;
}

/** Resolves with the answer, or at once with `stopped` when `signal` aborts, which cancels it at the runner. */
export async function singleAnswer<Result>(
  session: Session,
  { message, receive, stopped }: SingleRequest<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const answer = Promise.withResolvers<Result>();
  let over = false;
  const id = session.register((said) =>
    receive(said, (result) => {
      over = true;
      answer.resolve(result);
    })
  );
  const abort = () => answer.resolve(stopped);
  signal.addEventListener("abort", abort, { once: true });
  try {
    void session.send(message(id));
    return await answer.promise;
  } finally {
    signal.removeEventListener("abort", abort);
    if (!over && !session.ended.aborted) void session.send({ kind: "cancel", id });
    session.forget(id);
  }
}
