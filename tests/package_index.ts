import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";

/** What the stand-in does instead of serving well. Each applies to requests for files. */
export interface Mischief {
  /** Answers 200 with the whole file to a request for a range. */
  readonly ignoresRanges?: boolean;
  /** Cuts the connection after so many bytes of a response, for the first `cuts` responses. */
  readonly cutAfterBytes?: number;
  readonly cuts?: number;
  /** The files are moved to another address, and redirected. */
  readonly redirects?: boolean;
  /** Sends half, then nothing more, for the first response. */
  readonly stalls?: boolean;
  /** Serves bytes that aren't those of the digest. */
  readonly corrupts?: boolean;
  /** This status for the first `statusTimes` requests. */
  readonly status?: number;
  readonly statusTimes?: number;
  /** Only the HTML form of the index. */
  readonly htmlOnly?: boolean;
  /** Wants this user and password, on index and files. */
  readonly password?: string;
}

/** A request that the stand-in saw. */
export interface SeenRequest {
  readonly path: string;
  readonly range?: string;
}

/** A package index on a free loopback port: simple index (PEP 691 and 503) and files with ranges. */
export interface PackageIndex extends AsyncDisposable {
  /** The address for `PIP_INDEX_URL`. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Changes what it does from the next request on. */
  mischief: Mischief;
}

/** @param wheels File name to content. */
export function openPackageIndex(wheels: Readonly<Record<string, Uint8Array>>, first: Mischief = {}): PackageIndex {
  const requests: SeenRequest[] = [];
  let counted = 0;
  const index = { mischief: first };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const origin = `http://127.0.0.1:${server.addr.port}`;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const range = request.headers.get("range") ?? undefined;
    requests.push({ path: pathname, ...(range === undefined ? {} : { range }) });
    const { mischief } = index;
    if (
      mischief.password !== undefined && request.headers.get("authorization") !== `Basic ${btoa(mischief.password)}`
    ) {
      return new Response("no", { status: 401 });
    }
    const project = /^\/simple\/([^/]+)\/$/.exec(pathname)?.[1];
    if (project !== undefined) return page(project, mischief);
    const name = /^\/(?:files|moved)\/([^/]+)$/.exec(pathname)?.[1] ?? "";
    const bytes = wheels[name];
    if (bytes === undefined) return new Response("not found", { status: 404 });
    if (mischief.redirects && pathname.startsWith("/files/")) {
      return Response.redirect(`${origin}/moved/${name}`, 302);
    }
    return await file(bytes, range, mischief, counted++);
  }

  function page(project: string, { htmlOnly }: Mischief): Response {
    const files = Object.entries(wheels).filter(([name]) => name.split("-")[0]!.replaceAll("_", "-") === project);
    if (files.length === 0) return new Response("not found", { status: 404 });
    if (htmlOnly) {
      const links = files.map(([name, bytes]) =>
        `<a href="../../files/${name}#sha256=${sha256(bytes)}">${name}</a><br/>`
      );
      return new Response(`<!DOCTYPE html><html><body>${links.join("\n")}</body></html>`, {
        headers: { "content-type": "text/html" },
      });
    }
    const json = {
      meta: { "api-version": "1.1" },
      name: project,
      files: files.map(([filename, bytes]) => ({
        filename,
        url: `../../files/${filename}`,
        hashes: { sha256: sha256(bytes) },
        size: bytes.length,
      })),
    };
    return new Response(JSON.stringify(json), { headers: { "content-type": "application/vnd.pypi.simple.v1+json" } });
  }

  return {
    url: `${origin}/simple/`,
    requests,
    get mischief() {
      return index.mischief;
    },
    set mischief(mischief) {
      index.mischief = mischief;
      counted = 0;
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

async function file(
  whole: Uint8Array,
  range: string | undefined,
  mischief: Mischief,
  count: number,
): Promise<Response> {
  if (mischief.status !== undefined && count < (mischief.statusTimes ?? Infinity)) {
    return new Response("not now", { status: mischief.status });
  }
  const bytes = mischief.corrupts ? whole.map((byte) => byte ^ 1) : whole;
  const from = mischief.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (from > 0 && from >= bytes.length) {
    return new Response("", { status: 416, headers: { "content-range": `bytes */${bytes.length}` } });
  }
  const rest = bytes.slice(from);
  const headers = {
    "content-length": String(rest.length),
    ...(from === 0 ? {} : { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  };
  const status = from === 0 ? 200 : 206;
  const isCut = mischief.cutAfterBytes !== undefined && count < (mischief.cuts ?? Infinity);
  const isStalled = mischief.stalls === true && count === 0;
  if (!isCut && !isStalled) return new Response(rest, { status, headers });
  const part = rest.slice(0, isCut ? mischief.cutAfterBytes : rest.length / 2);
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(part);
      if (!isCut) return; // silence, until the other side gives up
      await new Promise((resolve) => setTimeout(resolve, 20)); // so that what came before the cut is sent
      controller.close(); // before its length: the server breaks the connection
    },
  });
  return new Response(body, { status, headers });
}

/** A wheel with a few files beside `member`, which is stored or deflated. Source: PKWARE APPNOTE.TXT 6.3.10. */
export function makeWheel(
  member: string,
  content: Uint8Array,
  packing: "stored" | "deflated",
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const entries = [
    { name: "package/__init__.py", content: text.encode('"""A model."""\n'), packing: "deflated" },
    { name: member, content, packing },
    { name: "package-1.dist-info/METADATA", content: text.encode("Name: package\n"), packing: "stored" },
  ] as const;
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, content, packing } of entries) {
    const nameBytes = text.encode(name);
    const packed = packing === "deflated" ? deflateRawSync(content) : content;
    // version, flags, method, time, date, checksum (not looked at: digests are), packed, plain, name, extra
    const common = [20, 0, packing === "deflated" ? 8 : 0, 0, 0x21] as const;
    const local = record(0x04034b50, [...common], [0, packed.length, content.length], [nameBytes.length, 0]);
    directory.push(
      record(
        0x02014b50,
        [20, ...common],
        [0, packed.length, content.length],
        [nameBytes.length, 0, 0, 0, 0, 0, 0, at & 0xffff, at >>> 16],
      ),
      nameBytes,
    );
    parts.push(local, nameBytes, packed);
    at += local.length + nameBytes.length + packed.length;
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, directoryBytes, true);
  end.setUint32(16, at, true);
  return concat([...parts, ...directory, new Uint8Array(end.buffer)]);
}

/** A zip record: its mark, 16-bit fields, three 32-bit fields, more 16-bit fields. */
function record(mark: number, before: number[], sizes: number[], after: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 2 * before.length + 4 * sizes.length + 2 * after.length));
  let at = 4;
  view.setUint32(0, mark, true);
  for (const field of before) view.setUint16((at += 2) - 2, field, true);
  for (const field of sizes) view.setUint32((at += 4) - 4, field, true);
  for (const field of after) view.setUint16((at += 2) - 2, field, true);
  return new Uint8Array(view.buffer);
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** All bytes in one piece. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
