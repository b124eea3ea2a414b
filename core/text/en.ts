/** English. The Chinese catalogue has the same shape; the compiler finds a missing key. */
export const en = {
  turn: {
    "engine-crashed": (_reason: string): string =>
      "The model stopped unexpectedly several times, so this question has no answer. Please ask it again.",
    "engine-hung": (_reason: string): string => "The model didn't answer in time and was restarted. Please ask again.",
    "engine-refused": (reason: string): string => `The model can't be used: ${reason}`,
    "overflow": (_reason: string): string =>
      "This message is too long for the model. Please shorten it, or split it into parts.",
    "interrupted": (_reason: string): string =>
      "Answering was interrupted three times, so this question has no answer. Please ask it again.",
    "internal": (_reason: string): string =>
      "Something went wrong inside the assistant. The question was kept. Please ask it again.",
    stopped: "Stopped.",
    empty: "The model gave no answer.",
  },
  intake: {
    tooLong: (characters: number, charactersMax: number): string =>
      `The message has ${characters} characters; at most ${charactersMax} are accepted`,
    empty: "The message is empty",
    unknown: "This account isn't known here; ask the administrator to link it",
    notYours: "This conversation isn't yours, or doesn't exist",
  },
  cli: {},
  models: {},
  web: {},
};
