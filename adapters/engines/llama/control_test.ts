import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createControl } from "./control.ts";

Deno.test("createControl() breaks off a late step, and only a late one", () => {
  const main = createControl();
  const worker = createControl(main.buffer);
  main.breakOffIfLate(1_000);
  deepStrictEqual([...worker.abortBytes], [0, 0]); // no deadline
  worker.setDeadline(500);
  main.breakOffIfLate(400);
  strictEqual(worker.abortBytes[0], 0);
  main.breakOffIfLate(501);
  deepStrictEqual([...worker.abortBytes], [1, 0]); // a C text of length 1
  worker.resume();
  strictEqual(main.abortBytes[0], 0);
});

Deno.test("createControl() counts messages over both threads", () => {
  const main = createControl();
  main.countMessage();
  main.countMessage();
  const worker = createControl(main.buffer);
  strictEqual(worker.messagesSent(), 2);
  worker.takeMessage();
  strictEqual(main.messagesTaken(), 1);
});

Deno.test("createControl() breaks a step off for a message that the worker hasn't taken, and for no other", () => {
  const main = createControl();
  const worker = createControl(main.buffer);
  main.countMessage();
  main.countMessage();
  worker.takeMessage();
  main.breakOffUnlessTaken(1);
  strictEqual(worker.abortBytes[0], 0);
  main.breakOffUnlessTaken(2);
  strictEqual(worker.abortBytes[0], 1);
});
