import { deepStrictEqual, match, ok } from "node:assert/strict";
import { executables } from "../../executable.ts";
import { withFolder } from "../talk.ts";
import { mayHaveOwnNetwork, runInOwnNetwork } from "../own_network.ts";
import { reachesOut } from "./traced_network.ts";

// Goal: who has the file and a model needs nothing else, least of all a network, and nothing tries to use one.
// Method: the whole journey in a network that has loopback only, with every call that names an address written down.

Deno.test("the file alone answers, is set up, serves, chats and stops, without a network, and reaches for none", async () => {
  if (!await mayHaveOwnNetwork("strace")) return;
  await withFolder(async (folder) => {
    const main = new URL("journey_main.ts", import.meta.url).pathname;
    const { answer, asked, chat, ...seen } = JSON.parse(
      await runInOwnNetwork(main, folder, [folder, executables().released]),
    );
    for (const text of [answer, asked, chat]) match(text, /Paris/);
    deepStrictEqual(seen, {
      init: "Wrote HOME/.clawdbot/config.yaml",
      login: 303,
      page: [200, true],
      confined: true,
      bad: [],
      stopped: 0,
    });
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.startsWith("trace."));
    const traces = names.map((name) => Deno.readTextFileSync(`${folder}/${name}`));
    deepStrictEqual(traces.flatMap(reachesOut), []);
    // That it was written down at all.
    ok(traces.some((trace) => /bind\(.*sa_family=AF_INET, sin_port=htons\(8080\)/.test(trace)));
    ok(traces.some((trace) => /connect\(.*sa_family=AF_UNIX/.test(trace)));
  });
});

const outside = [
  '12 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH (…)',
  '12 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0',
  '[pid 7] sendto(4, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(1), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 1',
  '12 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (…)',
  '12 bind(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
  "12 connect(3, {sa_family=AF_VSOCK, svm_cid=2, svm_port=1}, 16) = 0",
];
const inside = [
  '12 connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
  '12 connect(3, {sa_family=AF_UNIX, sun_path="/run/user/0/clawdbot-1/host.sock"}, 110) = 0',
  "12 bind(3, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0",
  "12 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3",
];
Deno.test("reachesOut() tells what leaves the machine, or asks for a name, from what doesn't", () => {
  deepStrictEqual(reachesOut([...outside, ...inside].join("\n")), outside);
});
