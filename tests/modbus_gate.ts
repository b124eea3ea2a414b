/** The way to a Modbus server, on which a question can be held up for as long as a test wants. */
export interface ModbusGate extends AsyncDisposable {
  readonly port: number;
  /** Resolves when the next question with this function code is here, which the server hasn't seen. Rejects after 30 s. */
  hold(functionCode: number): Promise<HeldQuestion>;
}

/** A question that waits in the gate. */
export interface HeldQuestion {
  /** Lets it go on; resolves when the server has answered it, whether or not anybody waits for that any more. */
  release(): Promise<void>;
}

const waitMsMax = 30_000;

/** Leads to a port of this machine, from a free one. */
export function startModbusGate(to: number): ModbusGate {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = Promise.withResolvers<void>();
  const carrying: Promise<void>[] = [];
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let wanted: { readonly functionCode: number; held(question: HeldQuestion): void } | undefined;

  /** Questions and answers take turns on a connection, and on loopback each comes in one piece. */
  async function carry(from: Deno.Conn): Promise<void> {
    using asker = from;
    using server = await Deno.connect({ hostname: "127.0.0.1", port: to });
    const frame = new Uint8Array(512);
    for (;;) {
      const askedBytes = await asker.read(frame);
      if (askedBytes === null) return;
      const answered = Promise.withResolvers<void>();
      if (wanted?.functionCode === frame[7]) await holdUp(answered.promise);
      await server.write(frame.subarray(0, askedBytes));
      const answeredBytes = await server.read(frame);
      if (answeredBytes === null) return;
      answered.resolve();
      await asker.write(frame.subarray(0, answeredBytes));
    }
  }

  async function holdUp(answered: Promise<void>): Promise<void> {
    const released = Promise.withResolvers<void>();
    wanted?.held({
      release() {
        released.resolve();
        return answered;
      },
    });
    wanted = undefined;
    await Promise.race([released.promise, closing.promise]);
  }

  const listening = (async () => {
    // Who asked may be gone before the answer comes.
    for await (const from of listener) carrying.push(carry(from).catch(() => {}));
  })();
  return {
    port: listener.addr.port,
    hold: (functionCode) =>
      new Promise((resolve, reject) => {
        const late = () => reject(new Error(`Nothing with function code ${functionCode} came in ${waitMsMax} ms`));
        waiting = setTimeout(late, waitMsMax);
        wanted = {
          functionCode,
          held(question) {
            clearTimeout(waiting);
            resolve(question);
          },
        };
      }),
    async [Symbol.asyncDispose]() {
      closing.resolve();
      clearTimeout(waiting);
      listener.close();
      await listening;
      await Promise.all(carrying);
    },
  };
}
