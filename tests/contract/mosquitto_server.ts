/** Mosquitto as a child of the test, and whoever else talks to it. */
import mqtt from "mqtt";
import { mosquittoFolder } from "../../scripts/fetch_device_servers.ts";
import { freePort } from "../free_port.ts";

/** A broker that runs until it is disposed. `bot` may do all, `guest` nothing; nobody else is let in. */
export interface MosquittoServer extends AsyncDisposable {
  readonly port: number;
  /** The same broker by TLS, as `localhost`, with a certificate that nobody trusts but who is given it. */
  readonly tls: { readonly port: number; readonly certificatePath: string };
  readonly user: string;
  readonly password: string;
  /** Somebody else at this broker. */
  readonly other: BrokerPeer;
}

/** Somebody else's client. */
export interface BrokerPeer {
  publish(topic: string, payload: string | Uint8Array, options?: { readonly retain?: boolean }): Promise<void>;
  /** What the broker has retained on a topic. */
  retained(topic: string): Promise<string | undefined>;
  /** Calls for each message, until the broker ends. */
  subscribe(topic: string, hear: (payload: string) => void): Promise<void>;
}

/** Starts one on this machine, on a free port unless one is given. */
export async function startMosquitto(
  { port = freePort() }: { readonly port?: number } = {},
): Promise<MosquittoServer> {
  const folder = await Deno.makeTempDir({ prefix: "mosquitto-" });
  const libraries = `${mosquittoFolder}/usr/lib/${Deno.build.arch}-linux-gnu`;
  const env = { LD_LIBRARY_PATH: `${libraries}:${libraries.replace("/usr", "")}` };
  const [user, password] = ["bot", "secret-of-the-broker"];
  await Deno.writeTextFile(`${folder}/passwords`, `${user}:${password}\nguest:guest\n`, { mode: 0o600 });
  const hashed = await new Deno.Command(`${mosquittoFolder}/usr/bin/mosquitto_passwd`, {
    args: ["-U", `${folder}/passwords`],
    env,
  }).output().catch(() => undefined);
  if (hashed?.success !== true) {
    throw new Error("mosquitto isn't there; run `./scripts/deno run -A scripts/fetch_device_servers.ts`");
  }
  await Deno.writeTextFile(`${folder}/rights`, `user ${user}\ntopic readwrite #\n`, { mode: 0o600 });
  const tls = { port: freePort(), certificatePath: `${folder}/cert.pem` };
  await makeCertificate(folder);
  await Deno.writeTextFile(
    `${folder}/mosquitto.conf`,
    [
      `listener ${port} 127.0.0.1`,
      `listener ${tls.port} 127.0.0.1`,
      `certfile ${tls.certificatePath}`,
      `keyfile ${folder}/key.pem`,
      // Else what follows an answer waits 40 ms for that to be acknowledged.
      "set_tcp_nodelay true",
      "allow_anonymous false",
      `password_file ${folder}/passwords`,
      `acl_file ${folder}/rights`,
      ...(Deno.uid() === 0 ? ["user root"] : []),
    ].join("\n"),
  );
  const child = new Deno.Command(`${mosquittoFolder}/usr/sbin/mosquitto`, {
    args: ["-c", `${folder}/mosquitto.conf`],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let said = ""; !/ running\n/.test(said);) {
    const { done, value } = await lines.read();
    if (done) throw new Error(`mosquitto ended: ${said}`);
    said += value;
  }
  const drained = (async () => {
    while (!(await lines.read()).done);
  })();
  const client = await mqtt.connectAsync({ host: "127.0.0.1", port, username: user, password, reconnectPeriod: 0 });
  const heard = new Map<string, Set<(payload: string) => void>>();
  client.on("message", (topic, payload) => {
    for (const hear of heard.get(topic) ?? []) hear(payload.toString());
  });
  const other: BrokerPeer = {
    async publish(topic, payload, { retain = false } = {}) {
      await client.publishAsync(topic, typeof payload === "string" ? payload : Buffer.from(payload), {
        qos: 1,
        retain,
      });
    },
    async retained(topic) {
      const end = `clawdbot-tests/${crypto.randomUUID()}`;
      let found: string | undefined;
      const done = Promise.withResolvers<void>();
      const hear = (payload: string) => found = payload;
      heard.set(topic, (heard.get(topic) ?? new Set()).add(hear));
      heard.set(end, new Set([() => done.resolve()]));
      // The broker says what it has retained before it passes on what comes after.
      await client.subscribeAsync([topic, end], { qos: 1 });
      await client.publishAsync(end, "", { qos: 1 });
      await done.promise;
      heard.get(topic)!.delete(hear);
      heard.delete(end);
      return found;
    },
    async subscribe(topic, hear) {
      heard.set(topic, (heard.get(topic) ?? new Set()).add(hear));
      await client.subscribeAsync(topic, { qos: 1 });
    },
  };
  let hasEnded = false;
  return {
    port,
    tls,
    user,
    password,
    other,
    async [Symbol.asyncDispose]() {
      if (hasEnded) return;
      hasEnded = true;
      await client.endAsync(true);
      child.kill("SIGKILL");
      await drained;
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function makeCertificate(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(" "),
      ...["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
    ],
  }).output();
  if (!success) throw new Error(`openssl: ${new TextDecoder().decode(stderr)}`);
}
