import type { ByteReader } from "./byte_reader.ts";
import type { Declarations } from "./declarations.ts";
import { EventList } from "./events.ts";
import { readInstructions } from "./instructions.ts";
import type { ModuleLimits } from "./limits.ts";
import { refuse } from "./refusal.ts";
import { valueTypeLetter } from "./types.ts";

/** One function of a module, by positions in the module and events in the list. */
export interface FunctionBody {
  /** Its parameters and locals. */
  readonly locals: number;
  readonly localGroups: number;
  /** Where its groups of locals, its instructions and its end are. */
  readonly localsAt: number;
  readonly codeAt: number;
  readonly end: number;
  readonly firstEvent: number;
  readonly eventsEnd: number;
}

/** The code section: sizes, locals and every instruction are checked. */
export function readFunctions(
  reader: ByteReader | undefined,
  { types, functions, imports }: Declarations,
  limits: ModuleLimits,
): { readonly bodies: readonly FunctionBody[]; readonly events: EventList } {
  const events = new EventList();
  const own = functions.slice(imports.length);
  const count = reader?.u32() ?? 0;
  if (count !== own.length) refuse("malformed", `${own.length} functions with the code of ${count}`);
  const bodies = own.map((type) => {
    const size = reader!.u32();
    if (size > limits.bodyBytes) refuse("limit", `a function of ${size} bytes, at most ${limits.bodyBytes} are taken`);
    const body = reader!.piece(size);
    const localGroups = body.count(limits.locals, "groups of locals");
    const localsAt = body.at;
    let locals = types[type]!.indexOf(">");
    for (let left = localGroups; left > 0; left--) {
      locals += body.u32();
      valueTypeLetter(body.byte());
      if (locals > limits.locals) refuse("limit", `more than ${limits.locals} locals`);
    }
    const codeAt = body.at;
    const firstEvent = events.count;
    readInstructions(body, limits, events);
    return { locals, localGroups, localsAt, codeAt, end: body.end, firstEvent, eventsEnd: events.count };
  });
  if (reader?.isDone === false) refuse("malformed", "bytes are left behind the code");
  return { bodies, events };
}
