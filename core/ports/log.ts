/** Values a log line may carry. Message text, prompts and secrets never do; their lengths may. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured log: a constant message and typed fields, one event a line. Quiet when all is well. */
export interface Log {
  /** What an operator may want to know once: started, stopped, reloaded. */
  info(message: string, fields?: LogFields): void;
  /** What heals by itself but shouldn't happen often. */
  warn(message: string, fields?: LogFields): void;
  /** What a person must look at. */
  error(message: string, fields?: LogFields): void;
}
