/** The process that holds a site's lock: its launcher. `undefined` when none does, or this user may not look. */
export function lockHolder(lockPath: string): number | undefined {
  try {
    using file = Deno.openSync(lockPath);
    if (file.tryLockSync(false)) return undefined;
    return Number(Deno.readTextFileSync(lockPath)) || 1;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}
