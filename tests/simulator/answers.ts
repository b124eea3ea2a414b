/** Before each piece of a slow answer: slow enough for a draft to grow. */
export const slowAnswerDelayMs = 600;

/** Whether the model takes its time for a question. */
export function isSlow(question: string): boolean {
  return question.startsWith("slow");
}

/** What the scripted model says to a question, in pieces; to every second slow one, several parts with code in them. */
export function answerTo(question: string): string[] {
  if (!isSlow(question)) return ["Answer", " to", ` ${question}`, "."];
  const number = Number(question.match(/\d+/)?.[0]);
  if (number % 2 === 0) return ["Answer to", ` ${question},`, " which", " took", " its", " time."];
  const lines = (about: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${about} ${index} of ${number}`).join("\n");
  return [
    `Answer to ${question}:\n\n`,
    lines("first line", 8),
    "\n\n```python\n",
    lines("code line", 12),
    `\n${lines("more code", 12)}`,
    "\n```\n\n",
    lines("last line", 8),
    "\n\nThat is all.",
  ];
}
