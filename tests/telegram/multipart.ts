/** One part of a multipart body. `fileName` is there where it is a file. */
export interface Part {
  readonly name: string;
  readonly fileName?: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a multipart body as servers do, which take a name in quotes as it is; the runtime's own reader splits it.
 * Source: RFC 7578, RFC 2183
 *
 * @throws {Error} When it isn't whole.
 */
export function parseMultipart(body: Uint8Array, boundary: string): Part[] {
  // Latin 1 keeps each byte one character, so that offsets are those of the bytes.
  const text = new TextDecoder("latin1").decode(body);
  const mark = `--${boundary}`;
  const parts: Part[] = [];
  let at = text.indexOf(mark);
  if (at !== 0) throw new Error("The body doesn't begin with its boundary");
  for (;;) {
    at += mark.length;
    if (text.startsWith("--", at)) return parts;
    const headEnd = text.indexOf("\r\n\r\n", at);
    const end = text.indexOf(`\r\n${mark}`, headEnd);
    if (headEnd < 0 || end < 0) throw new Error("The body ends in the middle of a part");
    const head = new TextDecoder().decode(body.subarray(at, headEnd));
    const disposition = /^content-disposition: ?form-data(.*)$/im.exec(head)?.[1] ?? "";
    const parameters = new Map(
      [...disposition.matchAll(/;\s*([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g)].map(([, key, quoted, plain]) =>
        [key!, quoted?.replace(/\\(.)/g, "$1") ?? plain!] as const
      ),
    );
    const fileName = parameters.get("filename");
    parts.push({
      name: parameters.get("name") ?? "",
      ...(fileName === undefined ? {} : { fileName }),
      mediaType: /^content-type: ?(.*)$/im.exec(head)?.[1] ?? "",
      bytes: body.slice(headEnd + 4, end),
    });
    at = end + 2;
  }
}
