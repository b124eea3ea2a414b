/** What begins so is added here, and refused in a module as it comes. */
export const reservedPrefix = "clawdbot:";

/** A mutable i64 global: the fuel that is left. It begins with 0, so nothing of the guest runs before the host has set it. */
export const fuelExport = "clawdbot:fuel";

/** A mutable i32 global: what `register` or `execute` returned last, since the Extism SDK drops it. */
export const returnExport = "clawdbot:ret";

/** A mutable i32 global: what `memory.grow` gave last, so that who ran out of memory is told so. -1: it was refused. */
export const growExport = "clawdbot:grow";

/**
 * A function `() -> ()`: the module's start function and then its `_initialize`, where it has them. The host calls it once,
 * after it has set the fuel. Absent where there is neither.
 */
export const initExport = "clawdbot:init";

/** The module that the WASI functions are imported from: under its own name the Extism SDK gives its own WASI, with files. */
export const wasiModule = "clawdbot:wasi";

/** That of the three functions for HTTP: under theirs, the Extism SDK puts its own `fetch` over the host's. */
export const httpModule = "clawdbot:http";

/** The functions that each plugin offers: `() -> i32`. */
export const entryExports = ["register", "execute"] as const;
