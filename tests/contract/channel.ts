import { testCore } from "./channel/core.ts";
import { testFaults } from "./channel/faults.ts";
import { testFiles } from "./channel/files.ts";
import { testLife } from "./channel/life.ts";
import { testOffers } from "./channel/offers.ts";
import { testShown } from "./channel/shown.ts";
import { testsOf } from "./channel/stage.ts";
import { testTexts } from "./channel/texts.ts";
import type { ChannelSuite } from "./channel/under_test.ts";

export type { ChannelSuite } from "./channel/under_test.ts";

/**
 * The one suite that every channel passes. What a platform can't do is skipped, and the test's name says why. Each test
 * also searches all that the channel said (health, reasons, log lines, errors) for the secret that it was given.
 */
export function testChannel(suite: ChannelSuite): void {
  const test = testsOf(suite);
  testLife(test);
  testTexts(test);
  testOffers(test);
  testShown(test);
  testFiles(test);
  testFaults(test);
  testCore(test);
}
