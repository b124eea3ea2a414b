import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { confinementWords, enforcerOf } from "./confinement.ts";
import { text } from "./text/mod.ts";

const confinement = [
  { layer: "limits", enforced: true, detail: "rlimits" },
  { layer: "files", enforced: true, detail: "Landlock ABI 7" },
  { layer: "tcp", enforced: true, detail: "Landlock ABI 7" },
  { layer: "a later one", enforced: true, detail: "something" },
  { layer: "memory", enforced: false, detail: "no cgroup is delegated" },
];

Deno.test("confinementWords() tells by what each layer is enforced, and what isn't enforced", () => {
  deepStrictEqual(confinementWords(confinement, text("en")), {
    held: "rlimits (limits), Landlock ABI 7 (files, TCP ports), something (a later one)",
    missing: ["memory: no cgroup is delegated"],
  });
  deepStrictEqual(confinementWords(confinement, text("zh-CN")), {
    held: "rlimits（限额），Landlock ABI 7（文件、TCP 端口），something（a later one）",
    missing: ["内存：no cgroup is delegated"],
  });
});

Deno.test("confinementWords() says plainly that nothing is enforced", () => {
  deepStrictEqual(confinementWords([], text("en")), {
    held: "the runtime alone; from source, the operating system confines nothing",
    missing: [],
  });
  const none = [{ layer: "files", enforced: false, detail: "the kernel has no Landlock" }];
  deepStrictEqual(confinementWords(none, text("en")), {
    held: "the runtime alone",
    missing: ["files: the kernel has no Landlock"],
  });
});

Deno.test("enforcerOf() names what holds a right, and nothing where only the runtime does", () => {
  strictEqual(enforcerOf("writeFolders", confinement), "Landlock ABI 7");
  strictEqual(enforcerOf("connect", confinement), "Landlock ABI 7");
  strictEqual(enforcerOf("memoryBytesMax", confinement), undefined);
  strictEqual(enforcerOf("sockets", confinement), undefined);
  strictEqual(enforcerOf("system", confinement), undefined);
});
