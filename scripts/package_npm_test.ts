import { deepStrictEqual, throws } from "node:assert/strict";
import { bundledPackages } from "./package_npm.ts";

const bundle = (text: string) => [{ path: "app/main.js", bytes: new TextEncoder().encode(text) }];
const cache = ".tools/package/deno_dir/npm/registry.npmjs.org";

Deno.test("bundledPackages() finds each package whose modules a bundle holds, once", () => {
  const text = `// core/frames.ts
// ${cache}/yaml/2.9.1/dist/index.js
// ${cache}/yaml/2.9.1/dist/visit.js
// ${cache}/@valibot/to-json-schema/1.8.0/dist/index.mjs
var require_x = __commonJS({ "${cache}/debug/4.4.3/src/index.js"(exports) {} });
// https://registry.npmjs.org/other/-/other-1.0.0.tgz
`;
  deepStrictEqual(bundledPackages(bundle(text)), [
    { name: "@valibot/to-json-schema", version: "1.8.0" },
    { name: "debug", version: "4.4.3" },
    { name: "yaml", version: "2.9.1" },
  ]);
});

Deno.test("bundledPackages() refuses code that no package names", () => {
  throws(() => bundledPackages(bundle("// adapters/web/assets/vendor/htmx.js\n")), /vendor folder/);
});
