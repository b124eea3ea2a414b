import { deepStrictEqual, ok } from "node:assert/strict";
import { createPluginRunners, createTestPlugins } from "../../contract/plugin_runner_stand.ts";
import { noHost, plentyOfLimits } from "../../contract/plugins.ts";
import { watPlugin } from "../../wat.ts";

const env = (name: string, type: string) => `(import "extism:host/env" "${name}" (func $${name} ${type}))`;

/**
 * Given eight bytes, it keeps them where it can: in its memory, and deep in a large block. Given nothing, it gives what it
 * finds: it sets an output deep in a large block, frees that, and has the same handle mean a short one, farther on.
 */
const thief = watPlugin(
  `(local $block i64) (local $other i64)
   (if (i64.eqz (call $input_length))
     (then
       (local.set $block (call $alloc (i64.const 0x400000)))
       (call $output_set (i64.add (local.get $block) (i64.const 0x200000)) (i64.const 8))
       (if (i64.eqz (global.get $kept))
         (then
           (local.set $other (call $alloc (i64.const 8)))
           (call $free (local.get $block))
           (call $free (local.get $other))
           (drop (call $alloc (i64.const 8)))
           (drop (call $alloc (i64.const 8))))
         (else
           (call $store_u64 (i64.add (local.get $block) (i64.const 0x200000)) (global.get $kept)))))
     (else
       (global.set $kept (call $input_load_u64 (i64.const 0)))
       (local.set $block (call $alloc (i64.const 0x800000)))
       (call $store_u64 (i64.add (local.get $block) (i64.const 0x600000)) (global.get $kept))
       (call $output_set (i64.add (local.get $block) (i64.const 0x600000)) (i64.const 8))))
   i32.const 0`,
  `${env("input_length", "(result i64)")} ${env("input_load_u64", "(param i64) (result i64)")}
   ${env("alloc", "(param i64) (result i64)")} ${env("free", "(param i64)")}
   ${env("store_u64", "(param i64 i64)")} ${env("output_set", "(param i64 i64)")}
   (global $kept (mut i64) (i64.const 0))`,
);

Deno.test("a plugin gives nothing of what it was told in an earlier call, or under another of its names", async () => {
  await using runners = createPluginRunners();
  const plugins = createTestPlugins(runners);
  const never = new AbortController().signal;
  const module = await plugins.prepare(thief, never);
  ok(module.kind === "prepared");
  const call = async (input: string, more: { readonly name?: string; readonly session?: string } = {}) => {
    const outcome = await plugins.call(
      {
        digest: "a".repeat(64),
        module: () => Promise.resolve(module.bytes),
        entry: "execute",
        input: new TextEncoder().encode(input),
        limits: plentyOfLimits,
        ...more,
      },
      noHost,
      never,
    );
    return outcome.kind === "done" ? new TextDecoder().decode(outcome.output) : outcome;
  };
  deepStrictEqual([await call("a secret"), await call("")], ["a secret", ""]);
  const session = "s";
  deepStrictEqual([await call("a secret", { name: "one", session }), await call("", { name: "one", session })], [
    "a secret",
    "a secret", // A session's instance is meant to keep it.
  ]);
  deepStrictEqual([
    await call("", { name: "one" }),
    await call("", { name: "one", session: "t" }),
    await call("", { name: "two", session }),
    await call("", { session }),
  ], ["", "", "", ""]);
  await plugins.close();
});
