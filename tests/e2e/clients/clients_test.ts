import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { tokenCreated } from "../../../schema/api.ts";
import { embeddingModel, startSite, testModel } from "../../site.ts";
import { type Client, clients } from "./client_list.ts";
import { installClient } from "./install_client.ts";

// Goal: the clients that people have work unchanged. Method: each is installed as its users install it, and its program
// in `programs/` runs against a real host with the small models, over TCP, with a token.

const outcome = v.variant("ok", [
  v.object({ check: v.string(), ok: v.literal(true) }),
  v.object({ check: v.string(), ok: v.literal(false), why: v.string() }),
]);
/** A client that waits for longer waits for ever. */
const programMsMax = 180_000;

Deno.test("clients of the API work unchanged", async (t) => {
  await using site = await startSite({ config: `model: { path: "${testModel()}", embedding: "${embeddingModel()}" }` });
  await site.untilReady();
  await site.untilListening();
  const body = JSON.stringify({ roles: ["user"], name: "clients" });
  const made = await site.api("/api/tokens", { method: "POST", body, headers: { "content-type": "application/json" } });
  const { secret } = v.parse(tokenCreated, await made.json());
  const [chat, embedding] = (await (await site.api("/v1/models")).json()).data;
  const env = { BASE_URL: `${site.url}/v1`, API_KEY: secret, MODEL: chat.id, EMBEDDING_MODEL: embedding.id };
  for (const client of clients) {
    await t.step(`${client.name} ${client.version} for ${client.language}`, async () => {
      const outcomes = await runProgram(client, env);
      deepStrictEqual(outcomes.flatMap((one) => one.ok ? [] : [`${one.check}: ${one.why}`]), []);
      deepStrictEqual(outcomes.map(({ check }) => check), client.checks, "the table in docs/api.md says what was run");
    });
  }
  strictEqual(site.stderr().includes(secret), false, "no log has the secret");
});

async function runProgram(
  client: Client,
  env: Readonly<Record<string, string>>,
): Promise<v.InferOutput<typeof outcome>[]> {
  const { command, args, env: own } = await installClient(client);
  const home = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command(command, {
      args,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: home,
        NO_PROXY: "127.0.0.1",
        LANG: "C.UTF-8",
        PYTHONDONTWRITEBYTECODE: "1",
        ...env,
        ...own,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(programMsMax),
    }).output();
    strictEqual(code, 0, new TextDecoder().decode(stderr));
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return lines.map((line) => v.parse(outcome, JSON.parse(line)));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
