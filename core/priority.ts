/**
 * Classes of work, the most urgent first: an alarm overtakes everything, people who wait come before what nobody
 * waits for.
 */
export const priorities = ["alarm", "conversation", "background"] as const;

/** One of {@link priorities}. */
export type Priority = typeof priorities[number];
