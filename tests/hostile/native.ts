/** What native code tries that has a process in its hands: calls of the C library, past the runtime. */
import type { Order } from "./orders.ts";

const symbols = {
  memcpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer" },
  __errno_location: { parameters: [], result: "pointer" },
  getpid: { parameters: [], result: "i32" },
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  fork: { parameters: [], result: "i32" },
  _exit: { parameters: ["i32"], result: "void" },
  posix_spawn: { parameters: ["buffer", "buffer", "pointer", "pointer", "buffer", "buffer"], result: "i32" },
  system: { parameters: ["buffer"], result: "i32" },
  ptrace: { parameters: ["i64", "i32", "pointer", "pointer"], result: "i64" },
  process_vm_readv: { parameters: ["i32", "buffer", "u64", "buffer", "u64", "u64"], result: "i64" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "i64"], result: "usize" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  chmod: { parameters: ["buffer", "u32"], result: "i32" },
  link: { parameters: ["buffer", "buffer"], result: "i32" },
  symlink: { parameters: ["buffer", "buffer"], result: "i32" },
  unshare: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** What the system may answer, as Linux numbers it. */
const names: Readonly<Record<number, string>> = { 1: "EPERM", 13: "EACCES", 18: "EXDEV", 38: "ENOSYS" };

/**
 * Calls the C library through any library's handle: the names of its own libraries resolve there, too.
 * @throws {Error} With the system's error.
 */
export function performNatively(order: Extract<Order, { try: "native" }>): void {
  const native = Deno.dlopen(order.library, symbols).symbols;
  const text = (value = "") => new TextEncoder().encode(`${value}\0`);
  const { pid = 0, path = "", to } = order;
  const arguments_ = new BigUint64Array(2);
  const result = ((): number | bigint => {
    switch (order.call) {
      case "open":
        return native.open(text(path), 0, 0);
      case "open to write":
        return native.open(text(path), 1, 0);
      case "socket":
        return native.socket(2, 1, 0);
      case "unix socket":
        return native.socket(1, 1, 0);
      case "datagrams":
        return native.socket(2, 2, 0);
      case "execve":
        return native.execve(text(path), arguments_, arguments_);
      case "fork": {
        const child = native.fork();
        if (child === 0) native._exit(0);
        return child;
      }
      case "posix_spawn": {
        const failed = native.posix_spawn(new Int32Array(1), text(path), null, null, arguments_, arguments_);
        return failed === 0 ? 0 : -failed;
      }
      case "system":
        return native.system(text(path)) === 127 * 256 ? -1 : 0; // what it says when there is no shell
      case "ptrace":
        return native.ptrace(16n, pid, null, null);
      case "process_vm_readv":
        return native.process_vm_readv(pid, arguments_, 1n, arguments_, 1n, 0n);
      case "kill":
        return native.kill(pid, 0);
      case "code":
        return native.mmap(0n, 4_096n, 7, 0x22, -1, 0n) === 2n ** 64n - 1n ? -1 : 0;
      case "memfd_create":
        return native.memfd_create(text("x"), 0);
      case "chmod":
        return native.chmod(text(path), 0o777);
      case "link":
        return native.link(text(path), text(to));
      case "symlink":
        return native.symlink(text(path), text(to));
      case "unshare":
        return native.unshare(0x1000_0000);
    }
  })();
  if (result >= 0) return;
  // A view of the pointer would need the right to all libraries.
  const error = new Int32Array(1);
  native.memcpy(error, native.__errno_location(), 4n);
  const number = result < -1 ? -Number(result) : error[0]!;
  throw new Error(names[number] ?? `errno ${number}`);
}
