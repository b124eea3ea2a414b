import type { RunnerRole } from "../../core/ports/runner.ts";

/** What a probe can be told to try. */
export type Order =
  | { readonly try: "read" | "write" | "list" | "dlopen" | "import" | "unix" | "sqlite" | "run"; readonly path: string }
  /** `spawn`, `shell`, `runWith`: starts a process in other ways, or with variables of its own. */
  | { readonly try: "spawn" | "shell" | "runWith" | "remove"; readonly path: string }
  | { readonly try: "symlink" | "link" | "rename"; readonly path: string; readonly to: string }
  /** Exchanges a file of its own for a link to `to`, again and again, and reads what is there. */
  | { readonly try: "race"; readonly path: string; readonly to: string }
  /** A call of the C library, through this library's handle. */
  | {
    readonly try: "native";
    readonly library: string;
    readonly call: NativeCall;
    readonly path?: string;
    readonly to?: string;
    readonly pid?: number;
  }
  | { readonly try: "connect" | "listen"; readonly hostname: string; readonly port: number }
  | { readonly try: "fetch"; readonly url: string }
  | { readonly try: "resolve" | "env" | "sys"; readonly name: string }
  /** Asks the runtime itself about a right. */
  | { readonly try: "query"; readonly right: Deno.PermissionDescriptor }
  /** Reports what it was started with. */
  | { readonly try: "facts" }
  /** Ends with this exit code; there is no report. */
  | { readonly try: "exit"; readonly code: number }
  /** Loops for ever without giving the event loop a turn; there is no report. */
  | { readonly try: "spin" }
  /** Takes this much memory and keeps it. */
  | { readonly try: "grow"; readonly bytes: number }
  /** Stops reading and says nothing more; there is no report. */
  | { readonly try: "sleep" };

/** What native code may call. */
export type NativeCall =
  | ("open" | "open to write" | "chmod" | "link" | "symlink")
  | ("socket" | "unix socket" | "datagrams")
  | ("execve" | "fork" | "posix_spawn" | "system")
  | ("ptrace" | "process_vm_readv" | "kill")
  | ("code" | "memfd_create" | "unshare");

/** For the host's probe: the same, or something with a runner of its own, which it calls by a name. */
export type HostOrder =
  | Order
  | { readonly runner: string; readonly do: "open"; readonly role?: RunnerRole }
  | { readonly runner: string; readonly do: "close" | "untilEnded" }
  | { readonly runner: string; readonly do: "tell" | "ask"; readonly order: Order };

/** What came of it. `refused`: the runtime said no. */
export type Report =
  | { readonly kind: "done"; readonly value?: unknown }
  | { readonly kind: "refused" | "failed"; readonly reason: string };
