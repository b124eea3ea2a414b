/** Reads `level` of a device, given as JSON, in a process that trusts what its flags say; prints what came of it. */
import { systemClock } from "../../adapters/clock/system.ts";
import { createMqttDriver } from "../../adapters/connector/mqtt.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { ReachedDevice } from "../../core/ports/connector.ts";

const device = JSON.parse(Deno.args[0]!) as ReachedDevice;
const driver = createMqttDriver({ clock: systemClock, random: systemRandom });
console.log(JSON.stringify(await driver.read(device, "level", new AbortController().signal)));
driver.close();
Deno.exit(0);
