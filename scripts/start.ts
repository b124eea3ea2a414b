/** Behind `./scripts/start`, which says how it is called: fetches what is missing, then plays the launcher. */
import { llamaPlatform } from "../adapters/engines/llama/release.ts";
import { room } from "../adapters/models/room.ts";
import { chatModels, chooseModel, modelByName } from "../core/catalogue.ts";
import { MendableError } from "../core/errors.ts";
import { modelFile } from "../core/ports/models.ts";
import { localeOf, text } from "../core/text/mod.ts";
import type { PlanAnswer } from "../roles/plan.ts";
import { checkout, programHere } from "../roles/program_here.ts";
import { exitWith, supervise } from "./supervise.ts";
import { statOf } from "./supervise_files.ts";

const small = Deno.args.includes("--small");
const locale = localeOf(Deno.env.get("LC_ALL") || Deno.env.get("LC_MESSAGES") || Deno.env.get("LANG"));

async function chosenModel(modelsFolder: string): Promise<string> {
  return chooseModel(await room(modelsFolder), locale, { small }).model.name;
}

/** A large model that is here isn't given up because memory is short at this moment. */
async function modelDefault(modelsFolder: string): Promise<string> {
  const { name } = chatModels[0]!;
  const isHere = statOf(modelFile(modelsFolder, name)) !== undefined;
  return isHere ? name : await chosenModel(modelsFolder);
}

async function prepare({ site, start, processes }: PlanAnswer): Promise<void> {
  const { model, offline } = start;
  if (processes.some(({ role }) => role !== "host")) await fetchLibraries();
  if (!("path" in model)) return; // a server answers
  const { name, path } = model;
  const known = modelByName(name);
  if (known.kind === "unknown" || path !== modelFile(site.modelsFolder, name)) return;
  if (statOf(path) === undefined) {
    if (offline) console.error(`Cannot answer: ${text(locale).models.notHere(name)}`);
    else await pull(name, site.modelsFolder);
  }
  if (known.model.languages.includes(locale)) return;
  for (const language of ["zh-CN", "en"] as const) console.error(text(language).models.speaksNoChinese(name));
}

async function fetchLibraries(): Promise<void> {
  if (statOf(programHere("/").librariesFolder) !== undefined) return;
  const { fetchLlama } = await import("./fetch_llama.ts");
  console.error("Installing llama.cpp's libraries from npm");
  try {
    await fetchLlama(llamaPlatform(Deno.build.os, Deno.build.arch)!);
  } catch (error) {
    throw new MendableError("Cannot start", error instanceof Error ? error.message : String(error));
  }
}

/** Pulls with the command that people use: it shows how far it is, and where it chose the model, says why. */
async function pull(name: string, modelsFolder: string): Promise<void> {
  const isChoice = name === await chosenModel(modelsFolder);
  const { code } = await new Deno.Command(`${checkout}/scripts/clawdbot`, {
    args: ["model", "pull", ...(isChoice ? (small ? ["--small"] : []) : [name]), "--to", modelsFolder],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

if (Deno.args.includes("--help")) {
  console.log("Usage: ./scripts/start [--small] [--config FILE] [--model NAME|FILE] [--verbose]");
  Deno.exit(0);
}
const args = Deno.args.filter((arg) => arg !== "--small");
if (small) args.push("--model", chooseModel({ memoryBytes: 0, diskBytes: 0 }, locale, { small }).model.name);
await exitWith(supervise(args, { modelDefault, prepare }));
