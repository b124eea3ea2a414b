import type * as v from "valibot";
import { harmless, oneLine } from "../harmless.ts";

/** The longest that is told of what a stranger's file says, in UTF-16 code units. */
const lengthMax = 200;

/** The first thing that is wrong, as one line: where it stands, and what the schema says. Nothing in it steers a terminal. */
export function issueText([issue]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const path = (issue.path ?? []).map(({ key }) => String(key)).join(".");
  return oneLine(harmless(`${path === "" ? "" : `${path}: `}${issue.message}`)).slice(0, lengthMax).toWellFormed();
}
