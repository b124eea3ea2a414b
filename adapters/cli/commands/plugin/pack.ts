import { checkManifest } from "../../../../core/plugins/checked_manifest.ts";
import { manifestBytesMax } from "../../../../schema/plugin.ts";
import { pack } from "../../../../core/plugins/pack.ts";
import { grantOfAll, grantText } from "../../../../core/plugins/proposal.ts";
import { withSignature } from "../../../../core/plugins/signature.ts";
import type { Command } from "../../command.ts";
import { absolute } from "../../find_model.ts";
import { readPluginBytes } from "../../plugin_file.ts";
import { reportFailure } from "../../report.ts";
import { writeWhole } from "../../site_files.ts";

/** `clawdbot plugin pack FILE.wasm --manifest FILE`: makes a plugin of a module, signed where a key is named. */
export const command: Command = {
  options: {
    manifest: { kind: "value" },
    sign: { kind: "value" },
    out: { kind: "value", short: "o" },
    json: { kind: "flag" },
  },
  operands: ["FILE.wasm"],
  async run({ values, flags, operands: [given = ""] }, context) {
    const { text: { cli, plugins }, out, err } = context;
    const said = cli.plugins;
    if (values.manifest === undefined) {
      err.write(`${cli.usageProblem(said.manifestMissing, "clawdbot plugin pack")}\n`);
      return 2;
    }
    const module = await readPluginBytes(absolute(given));
    if (module.kind === "absent") return reportFailure(said.unreadable(given), context);
    if (module.kind === "refused") return reportFailure(said.refused(given, module.reason), context);
    const written = await readJson(absolute(values.manifest));
    if (written.kind !== "read") {
      const { unreadable, notJson } = said;
      return reportFailure((written.kind === "absent" ? unreadable : notJson)(values.manifest), context);
    }
    const checked = checkManifest(written.value);
    if (checked.kind === "refused") return reportFailure(said.refused(values.manifest, checked.reason), context);
    const packed = pack(module.bytes, written.value);
    if (packed.kind === "refused") return reportFailure(said.refused(given, packed.reason), context);
    const { crypto, signing } = await context.pluginTools();
    let file = packed.bytes;
    if (values.sign !== undefined) {
      const key = await readText(absolute(values.sign));
      const signed = key === undefined ? undefined : withSignature(file, key, { crypto, signing });
      if (signed === undefined) return reportFailure(said.badKey(values.sign), context);
      file = signed;
    }
    const target = values.out ?? given;
    writeWhole(absolute(target), file, 0o644);
    const digest = crypto.sha256(file).toHex();
    const { name, asked } = checked.manifest;
    const { grant, open } = grantOfAll(asked);
    const lines = grantText({ name, digest, grant });
    if (flags.has("json")) out.write(`${JSON.stringify({ file: target, digest: `sha256:${digest}`, grant: lines })}\n`);
    else {
      out.write(`sha256:${digest}\n`);
      err.write(`${said.packed(target)}\n${lines}`);
      for (const secret of open) err.write(`${plugins.install.secret(secret)}\n`);
    }
    return 0;
  },
};

/** A text of at most the length of the longest manifest; a private key is shorter. */
async function readText(path: string): Promise<string | undefined> {
  try {
    if ((await Deno.stat(path)).size > manifestBytesMax) return undefined;
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

async function readJson(
  path: string,
): Promise<{ readonly kind: "read"; readonly value: unknown } | { readonly kind: "absent" | "bad" }> {
  const text = await readText(path);
  if (text === undefined) return { kind: "absent" };
  try {
    return { kind: "read", value: JSON.parse(text) };
  } catch {
    return { kind: "bad" };
  }
}
