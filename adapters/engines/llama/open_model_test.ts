import { match, strictEqual } from "node:assert/strict";
import { testLibraries } from "../../../tests/contract/model_runner_stand.ts";
import { createControl } from "./control.ts";
import { openModel } from "./open_model.ts";
import type { ModelFile } from "./model_file.ts";

const never = { path: "/nowhere.gguf" } as ModelFile;

function open(librariesFolder: string) {
  return openModel(never, {
    librariesFolder,
    modelPath: never.path,
    contextTokens: undefined,
    sequencesMax: 1,
    threads: undefined,
    memoryLimitBytes: undefined,
    control: createControl(),
  }, { repack: false });
}

/** What openModel() says of libraries of which `names` are given by files of other names. */
async function reasonWith(names: Readonly<Record<string, string>>): Promise<{ reason: string; mend?: string }> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-libraries-" });
  try {
    for (const [name, source] of Object.entries(names)) {
      const file = [...Deno.readDirSync(testLibraries)].find(({ name }) => name.startsWith(`lib${source}.`));
      if (file !== undefined) await Deno.copyFile(`${testLibraries}/${file.name}`, `${folder}/lib${name}.so`);
    }
    const opened = open(folder);
    strictEqual(opened.kind, "failed");
    return opened.kind === "failed" ? opened.failure : { reason: "" };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openModel() names the function that a library lacks, and how to get the right one", async () => {
  const { reason, mend } = await reasonWith({ llama: "ggml-base" });
  match(reason, /^cannot load llama\.cpp: .*llama_/);
  match(mend ?? "", /fetch_llama/);
});

Deno.test("openModel() names the library that isn't there", async () => {
  const { reason } = await reasonWith({});
  match(reason, /^cannot load llama\.cpp: there is no libllama in /);
});
