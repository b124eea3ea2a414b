/** Whether something has this path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Writes a file that has its name only when it is whole, so that nobody finds half of it. */
export async function writeWhole(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: folder, prefix: ".unfinished-" });
  try {
    await Deno.writeFile(unfinished, bytes);
    await Deno.chmod(unfinished, mode);
    await Deno.rename(unfinished, path);
  } catch (error) {
    await Deno.remove(unfinished);
    throw error;
  }
}

/** All files below a folder, as sorted paths from there. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...(await filesBelow(`${folder}/${name}`)).map((path) => `${name}/${path}`));
    else found.push(name);
  }
  return found.sort();
}

/** Copies the files below a folder that `wanted` says, given their paths from there. */
export async function copy(from: string, to: string, wanted: (path: string) => boolean): Promise<void> {
  for (const path of (await filesBelow(from)).filter(wanted)) {
    await Deno.mkdir(`${to}/${path}`.slice(0, `${to}/${path}`.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(`${from}/${path}`, `${to}/${path}`);
  }
}
