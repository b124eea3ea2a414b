import { createChatTemplate } from "../../adapters/engines/llama/chat_template.ts";
import { readModelFile } from "../../adapters/engines/llama/model_file.ts";
import type { Question } from "./contestant.ts";

/** Writes a question down for everybody, by the model's own template. */
export type Asks = (system: string, content: string) => Question;

/** For a model's file. Texts must have nothing in them that the template would take for its own. */
export function questionsFor(modelPath: string): Asks {
  const read = readModelFile(modelPath);
  if (read.kind === "failed") throw new Error(read.failure.reason);
  const template = createChatTemplate(read.file.chatTemplate, { begin: "", end: "" });
  return (system, content) => {
    const messages = [{ role: "system", content: system }, { role: "user", content }] as const;
    const prompt = template.render(messages)
      .map((part) => part.kind === "message" ? messages[part.index]?.content : part.text).join("");
    return { messages, prompt };
  };
}
