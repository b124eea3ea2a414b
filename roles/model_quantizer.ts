import { quantise } from "../adapters/engines/llama/quantise.ts";

/** The file that comes out, in the folder that the process was given. */
export const quantizedFile = "model.gguf";

/**
 * The role `model-quantizer`, with `LIBRARIES SOURCE FOLDER FILE_TYPE [allow-requantize]`: makes one model smaller and
 * ends. What it needs, and nothing else: `--allow-ffi` and `--allow-read` for the folder of libraries, and for the
 * operating system to let it read the one file and write the one folder. How far it is, the file's length says. It
 * doesn't outlive whoever started it: the end of stdin is its end.
 */
export async function modelQuantizer(args: readonly string[]): Promise<never> {
  const [librariesFolder, sourcePath, folder, fileType, requantize] = args;
  if (librariesFolder === undefined || sourcePath === undefined || folder === undefined || fileType === undefined) {
    console.error("Usage: model-quantizer LIBRARIES_FOLDER SOURCE_FILE FOLDER FILE_TYPE [allow-requantize]");
    Deno.exit(2);
  }
  untilStdinEnds().then(() => Deno.exit(1));
  const done = await quantise({
    librariesFolder,
    sourcePath,
    targetPath: `${folder}/${quantizedFile}`,
    fileType: Number(fileType),
    allowRequantize: requantize === "allow-requantize",
  });
  Deno.exit(done ? 0 : 1);
}

async function untilStdinEnds(): Promise<void> {
  const nothing = new Uint8Array(64);
  while (await Deno.stdin.read(nothing) !== null);
}
