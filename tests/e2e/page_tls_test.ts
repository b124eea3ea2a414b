/** The page as a phone on the plant's network has it: by a name, with TLS, installed. */
import { createHash, X509Certificate } from "node:crypto";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { chromium } from "playwright-core";
import { freePort } from "../free_port.ts";
import { startSite } from "../site.ts";
import { browserArgs, chromiumPath, logIn, openPage } from "./page_stand.ts";

const name = "assistant.plant.local";

Deno.test({
  name: "by a name and with TLS, a phone logs in, gets an answer, and can install the page",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "clawdbot-tls-" });
    try {
      const keyHash = await makeCertificate(folder);
      const config = `${folder}/tls.yaml`;
      const port = freePort();
      await Deno.writeTextFile(
        config,
        `web: { listen: "127.0.0.1:${port}", names: [${name}], tls: { cert: cert.pem, key: key.pem } }`,
      );
      await using site = await startSite({ folder, args: [`--config=${config}`] });
      await site.untilSaid(/"started","role":"host"/);
      await site.untilListening();
      const url = `https://${name}:${port}`;
      // Not a private window: those install nothing.
      const context = await chromium.launchPersistentContext(`${folder}/browser`, {
        executablePath: chromiumPath,
        args: [
          ...browserArgs,
          `--host-resolver-rules=MAP ${name} 127.0.0.1`,
          // The plant's own authority would be known to the phone; here it is this one key.
          `--ignore-certificate-errors-spki-list=${keyHash}`,
        ],
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
        locale: "en-GB",
      });
      try {
        const { page, wrong } = await openPage(context);
        page.setDefaultTimeout(60_000);
        await logIn(page, url, await site.loginCode());
        strictEqual(await page.evaluate("isSecureContext"), true);
        const [cookie] = (await context.cookies()).filter(({ name }) => name.includes("login"));
        ok(cookie?.secure && cookie.httpOnly && cookie.name.startsWith("__Host-"), JSON.stringify(cookie));
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
        const devtools = await context.newCDPSession(page);
        const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
        deepStrictEqual(installabilityErrors, []);
        await page.getByRole("textbox", { name: "Message" }).fill("What is the capital of France? Answer in one word.");
        await page.keyboard.press("Enter");
        await page.locator(".message.assistant[data-sequence]").waitFor();
        match(await page.locator(".message.assistant .text").innerText(), /Paris/);
        deepStrictEqual(wrong, []);
      } finally {
        await context.close();
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Makes `cert.pem` and `key.pem`. Resolves with the hash by which a browser is told to trust this key. */
async function makeCertificate(folder: string): Promise<string> {
  const { code, stderr } = await new Deno.Command("openssl", {
    args: [
      ..."req -x509 -newkey rsa:2048 -nodes -days 2".split(" "),
      ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
      ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
    ],
  }).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  const { publicKey } = new X509Certificate(await Deno.readTextFile(`${folder}/cert.pem`));
  return createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
}
