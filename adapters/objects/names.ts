import { InvariantError } from "../../core/errors.ts";

const shape = /^[0-9a-f]{64}$/;

/** Whether this can be the name of an object. */
export function isObjectName(name: string): boolean {
  return shape.test(name);
}

/** @throws {InvariantError} When it can't: names are made by the core, so that is a bug. */
export function checkObjectName(name: string): void {
  if (!isObjectName(name)) throw new InvariantError(`${JSON.stringify(name.slice(0, 100))} isn't an object's name`);
}
