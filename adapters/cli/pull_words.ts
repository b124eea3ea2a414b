import { unreachable } from "../../core/errors.ts";
import type { PullFailure } from "../../core/ports/models.ts";
import type { Text } from "../../core/text/mod.ts";
import { megabytes } from "./progress.ts";

/** Why a model's file didn't come, in words that follow what failed. */
export function failureWords(failure: PullFailure, { failures: said }: Text["models"]): string {
  switch (failure.kind) {
    case "unreachable":
      return said.unreachable(failure.host, failure.reason);
    case "refused":
      return said.refused(failure.host, failure.status);
    case "untrusted":
      return said.untrusted(failure.host);
    case "missing":
      return said.missing(failure.host, failure.what);
    case "no-index":
      return said["no-index"];
    case "wrong-digest":
      return said["wrong-digest"](failure.what);
    case "damaged":
      return said.damaged(failure.what, failure.reason);
    case "no-room":
      return failure.freeBytes === undefined
        ? said.full(failure.folder)
        : said["no-room"](failure.folder, megabytes(failure.neededBytes), megabytes(failure.freeBytes));
    case "busy":
      return said.busy(failure.path);
    case "no-repo":
      return said["no-repo"](failure.host, failure.repo, failure.hasToken);
    case "gated":
      return said.gated(failure.url, failure.hasToken);
    case "bad-token":
      return said["bad-token"](failure.host);
    case "hub-refused":
      return said["hub-refused"](failure.host, failure.status);
    case "not-a-hub":
      return said["not-a-hub"](failure.host);
    case "no-digest":
      return said["no-digest"](failure.host, failure.file);
    case "disk":
      return said.disk(failure.path, failure.reason);
    default:
      return unreachable(failure);
  }
}
