/** What `strace -e trace=network` wrote, as far as it concerns whom a process reaches. */

/** A call that names an address, as it was written: `connect(3, {sa_family=AF_INET, …}, 16) = 0`. */
const addressed = /\b(?:connect|bind|sendto|sendmsg|sendmmsg)\(.*?\bsa_family=(AF_\w+)(.*)$/;

/**
 * Calls that reach beyond this machine's loopback, or look a name up: one line each, as it was traced. Unix sockets are this
 * machine's own, but for the name service's cache, which is asked for names; netlink asks the kernel.
 */
export function reachesOut(trace: string): string[] {
  return trace.split("\n").filter((line) => {
    const [, family = "", rest = ""] = addressed.exec(line) ?? [];
    switch (family) {
      case "":
      case "AF_NETLINK":
        return false;
      case "AF_UNIX":
        return /nscd|systemd\/resolve|avahi/.test(rest);
      case "AF_INET":
        return !/inet_addr\("127\./.test(rest) || isNameService(rest);
      case "AF_INET6":
        return !/"::1"|"::ffff:127\./.test(rest) || isNameService(rest);
      default:
        return true;
    }
  });
}

function isNameService(address: string): boolean {
  return /htons\(53\)/.test(address);
}
