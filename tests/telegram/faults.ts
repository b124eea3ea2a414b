/** What may go wrong with one call, as a test orders it. */
export type FaultKind =
  /** 429, with when to come again. */
  | { readonly kind: "retry"; readonly afterSeconds: number }
  /** A refusal in the platform's own form: 400, 403, 409, 500, … */
  | { readonly kind: "error"; readonly code: number; readonly description: string }
  /** What a proxy in between says: HTML, not JSON. */
  | { readonly kind: "gateway"; readonly code: 502 | 503 | 504 }
  /** Answered as always, but later. */
  | { readonly kind: "slow"; readonly ms: number }
  /**
   * The connection breaks. `taken`: after the call took effect, else before. `shown`: how much of the answer had left:
   * nothing, its headers, or half of its body.
   */
  | { readonly kind: "cut"; readonly taken: boolean; readonly shown: "nothing" | "headers" | "half" }
  /** Never answered; the call takes no effect. The connection stays until the caller leaves. */
  | { readonly kind: "silence" };

/** A fault and what it hits. */
export type Fault = FaultKind & {
  /** Only these methods; `file` is the download of a file. Absent: all. */
  readonly methods?: readonly string[];
  readonly chatId?: number;
  /** How often, until it is over. Absent: until it is lifted. */
  readonly times?: number;
  /** Which share of the calls, 0 to 1. Absent: all. */
  readonly chance?: number;
};

/** The faults that are in force, in the order of their coming: the first that fits a call hits it. */
export class Faults {
  #standing: { readonly fault: Fault; left: number }[] = [];
  /** How often each kind hit. */
  readonly hits: Record<FaultKind["kind"], number> = { retry: 0, error: 0, gateway: 0, slow: 0, cut: 0, silence: 0 };

  constructor(readonly random: () => number) {}

  /** Puts a fault in force; the returned function lifts it. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Infinity };
    this.#standing.push(entry);
    return () => void (this.#standing = this.#standing.filter((other) => other !== entry));
  }

  /** Lifts all. What is silent stays silent until its caller leaves. */
  clear(): void {
    this.#standing = [];
  }

  /** What hits this call. */
  next(method: string, chatId: number | undefined): FaultKind | undefined {
    for (const entry of this.#standing) {
      const { fault } = entry;
      if (entry.left <= 0) continue;
      if (fault.methods !== undefined && !fault.methods.includes(method)) continue;
      if (fault.chatId !== undefined && fault.chatId !== chatId) continue;
      if (fault.chance !== undefined && this.random() >= fault.chance) continue;
      entry.left--;
      this.hits[fault.kind]++;
      return fault;
    }
    return undefined;
  }
}
