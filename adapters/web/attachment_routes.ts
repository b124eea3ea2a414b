import { type Context, Hono } from "hono";
import type { Principal } from "../../core/access.ts";
import type { Uploaded } from "../../core/attachments.ts";
import type { ShownAttachment } from "../../core/message/types.ts";
import { ObjectError } from "../../core/ports/objects.ts";
import { sizeIn } from "../../core/text/size.ts";
import type { Attachment, AttachmentDiscarded } from "../../schema/api.ts";
import { principalOf, refused } from "./asking.ts";
import type { WebDeps } from "./deps.ts";
import { percentEncoded } from "./export.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";
import { attachmentToWire } from "./wire.ts";

/** A picture or page among the files can do nothing, even where a browser is told to show it as a page of its own. */
const contentSecurityPolicy = "default-src 'none'; sandbox";

/** `/api/attachments`: files in, as the plain body of a request, and out. They are never whole in memory. */
export function attachmentRoutes({ attachments }: Pick<WebDeps, "attachments">): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .post("/", async (c) => {
      const { bytesMax } = attachments;
      if (Number(c.req.header("content-length")) > bytesMax) throw tooLarge(c, bytesMax);
      const content = c.req.raw.body ?? nothing();
      return c.json<Attachment>(
        attachmentToWire(await takeIn(c, attachments, principalOf(c), c.req.query("name") ?? "", content)),
        201,
      );
    })
    .get("/:id", async (c) => {
      const result = await attachments.open(principalOf(c), c.req.param("id"), c.req.raw.signal);
      if (result.kind === "refused") throw refused(result.reason);
      if (result.kind === "gone") throw new Problem(410, (say) => say.fileGone);
      const { attachment: { name, mediaType, bytes }, content } = result;
      return new Response(await streamOf(content), {
        headers: {
          "content-type": mediaType,
          "content-length": `${bytes}`,
          // RFC 6266, section 4.1: the second is for every program of today, the first for the others.
          "content-disposition": `attachment; filename="file"; filename*=UTF-8''${percentEncoded(name)}`,
          "content-security-policy": contentSecurityPolicy,
        },
      });
    })
    .delete("/:id", async (c) => {
      const result = await attachments.discard(principalOf(c), c.req.param("id"));
      if (result.kind === "refused") throw refused(result.reason);
      return c.json<AttachmentDiscarded>({ result: "discarded" });
    });
}

/**
 * Takes one file in.
 * @throws {Problem} When it wasn't: 413 too large, 409 too much waits to be sent, 429 too many at once, 400 broken off.
 */
export async function takeIn(
  c: Context<WebEnv>,
  attachments: WebDeps["attachments"],
  principal: Principal,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<ShownAttachment> {
  const result: Uploaded = await attachments.upload(principal, { name }, content, c.req.raw.signal);
  switch (result.kind) {
    case "uploaded":
      return result.attachment;
    case "refused":
      throw refused(result.reason);
    case "too-large":
      throw tooLarge(c, result.bytesMax);
    case "quota":
      throw new Problem(409, (say) => say.tooMuchUnsent, { connection: "close" });
    case "busy":
      throw new Problem(429, (say) => say.tooManyUploads, { "retry-after": "2", connection: "close" });
    case "broken":
      throw new Problem(400, (say) => say.uploadBroken, { connection: "close" });
  }
}

function tooLarge(c: Context<WebEnv>, bytesMax: number): Problem {
  const { locale } = c.get("visitor");
  return new Problem(413, (say) => say.fileTooLarge(sizeIn(locale, bytesMax)), { connection: "close" });
}

/** Its first piece is there before the answer begins, so that a file that can't be read is answered as an error. */
async function streamOf(content: AsyncIterable<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const pieces = content[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<Uint8Array>>;
  try {
    const first = await pieces.next();
    next = Promise.resolve(first);
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    throw new Problem(410, (say) => say.fileGone);
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await next; // A later piece that is damaged breaks the answer off.
      if (done) return controller.close();
      controller.enqueue(value);
      next = pieces.next();
      next.catch(() => {}); // It is thrown when it is pulled.
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
