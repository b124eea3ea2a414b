/** Ends a call from within a function that the plugin called. `code` is a machine word, told to the host. */
export class Stop extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}
