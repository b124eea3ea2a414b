/** Gives back what it is called with. */
import { describe } from "./clawdbot";
import { inputBytes, output } from "./clawdbot/host";

export function register(): i32 {
  return describe(
    '{"tools":[{"name":"echo","description":"Gives back what it is called with","parameters":{"type":"object"}}]}',
  );
}

export function execute(): i32 {
  output(inputBytes());
  return 0;
}
