import { capabilities } from "../../../../core/capabilities/mod.ts";
import { httpModule, wasiModule } from "./names.ts";
import type { Signature } from "./types.ts";

/** What plugins may import from Extism. Source: https://extism.org, `extism:host/env`, as version 2.0.0-rc13 gives it. */
const env: Readonly<Record<string, Signature>> = {
  alloc: "I>I",
  free: "I>",
  length: "I>I",
  length_unsafe: "I>I",
  load_u8: "I>i",
  load_u64: "I>I",
  store_u8: "Ii>",
  store_u64: "II>",
  input_offset: ">I",
  input_length: ">I",
  input_load_u8: "I>i",
  input_load_u64: "I>I",
  output_set: "II>",
  error_set: "I>",
  config_get: "I>I",
  var_get: "I>I",
  var_set: "II>",
  log_trace: "I>",
  log_debug: "I>",
  log_info: "I>",
  log_warn: "I>",
  log_error: "I>",
  get_log_level: ">i",
};

/** The three that its PDKs import even where they are never called. */
const http: Readonly<Record<string, Signature>> = {
  http_request: "II>I",
  http_status_code: ">i",
  http_headers: ">I",
};

/** What runtimes of languages need to start: Go 15 of them, C with stdio 3. Source: WASI 0.1, `wasi_snapshot_preview1`. */
const wasi: Readonly<Record<string, Signature>> = {
  args_get: "ii>i",
  args_sizes_get: "ii>i",
  environ_get: "ii>i",
  environ_sizes_get: "ii>i",
  clock_time_get: "iIi>i",
  clock_res_get: "ii>i",
  random_get: "ii>i",
  fd_write: "iiii>i",
  fd_close: "i>i",
  fd_read: "iiii>i",
  fd_seek: "iIii>i",
  fd_fdstat_get: "ii>i",
  fd_fdstat_set_flags: "ii>i",
  fd_prestat_get: "ii>i",
  fd_prestat_dir_name: "iii>i",
  fd_filestat_get: "ii>i",
  poll_oneoff: "iiii>i",
  sched_yield: ">i",
  proc_exit: "i>",
};

/** Each capability that can be requested, by its name. */
const user: Readonly<Record<string, Signature>> = Object.fromEntries(
  Object.values(capabilities).filter(({ request }) => request !== undefined).map(({ name }) => [name, "I>I"]),
);

/** Where an import comes from once the module is rewritten, and the one type that it may have. */
export interface HostFunctionPlace {
  readonly module: string;
  readonly signature: Signature;
}

/** `undefined`: there is no such function for plugins. */
export function hostFunction(module: string, name: string): HostFunctionPlace | undefined {
  switch (module) {
    case "extism:host/env":
      return place(module, env, name) ?? place(httpModule, http, name);
    case "extism:host/user":
      return place(module, user, name);
    case "wasi_snapshot_preview1":
      return place(wasiModule, wasi, name);
    default:
      return undefined;
  }
}

function place(
  module: string,
  signatures: Readonly<Record<string, Signature>>,
  name: string,
): HostFunctionPlace | undefined {
  return Object.hasOwn(signatures, name) ? { module, signature: signatures[name]! } : undefined;
}
