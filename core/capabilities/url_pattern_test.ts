import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { covers, isPattern, readUrl } from "./url_pattern.ts";

const isCovered = (pattern: string, address: string) => {
  const url = readUrl(address);
  return !("reason" in url) && covers(pattern, url);
};

const api = "https://api.example.com/v1/**";
const table: readonly [pattern: string, address: string, expected: boolean][] = [
  [api, "https://api.example.com/v1/a", true],
  [api, "https://api.example.com/v1/a/b?c=d#e", true],
  [api, "https://api.example.com/v1/", true],
  [api, "https://api.example.com:443/v1/a", true],
  [api, "HTTPS://API.EXAMPLE.COM/v1/a", true],
  [api, "https://api.example.com/%761/a", true],
  [api, "https://api.example.com/v1/a%20b", true],
  // Another scheme, host or port.
  [api, "http://api.example.com/v1/a", false],
  [api, "https://api.example.com:8443/v1/a", false],
  [api, "https://api.example.com./v1/a", false],
  [api, "https://api.example.com.evil.example/v1/a", false],
  [api, "https://evil.example/api.example.com/v1/a", false],
  [api, "https://api.example.com@evil.example/v1/a", false],
  [api, "https://evil.example#@api.example.com/v1/a", false],
  [api, "https://evil.example\\@api.example.com/v1/a", false],
  [api, "https://xapi.example.com/v1/a", false],
  [api, "https://аpi.example.com/v1/a", false], // Cyrillic а
  [api, "https://api。example.com/v1/a", true], // an ideographic full stop is a dot in host names: UTS #46
  ["https://xn--bcher-kva.example/**", "https://bücher.example/", true],
  // Another path.
  [api, "https://api.example.com/v2/a", false],
  [api, "https://api.example.com/", false],
  [api, "https://api.example.com/v1/../admin", false],
  [api, "https://api.example.com/v1/%2e%2e/admin", false],
  [api, "https://api.example.com/v1/%2E./admin", false],
  [api, "https://api.example.com/v1/..%2fadmin", false],
  [api, "https://api.example.com/v1/..%5cadmin", false],
  [api, "https://api.example.com/v1/..\\admin", false],
  [api, "https://api.example.com/v1/%252e%252e/admin", false],
  [api, "https://api.example.com/v1/%25252e", false],
  [api, "https://api.example.com/v1/%%32e%%32e/admin", false],
  [api, "https://api.example.com/v1/%%32%65/admin", false],
  [api, "https://api.example.com/v1/..;/admin", false],
  [api, "https://api.example.com/v1/..;x=1/admin", false],
  [api, "https://api.example.com/v1/..%3b/admin", false],
  [api, "https://api.example.com/v1//admin", false],
  [api, "https://api.example.com//v1/a", false],
  [api, "https://api.example.com/v1/a%00", false],
  [api, "https://api.example.com/v1/%", false],
  [api, "https://api.example.com/v1/\t../admin", false],
  [api, "https://api.example.com/v1/.%0a./a", true], // an escaped line feed is a letter like others
  [api, `https://api.example.com/v1/a?${"x".repeat(5_000)}`, false],
  // What isn't an address of the web.
  [api, "file:///v1/a", false],
  [api, "data:text/plain,a", false],
  [api, "api.example.com/v1/a", false],
  [api, "/v1/a", false],
  [api, "", false],
  // Stars.
  ["https://x.example/*", "https://x.example/a", true],
  ["https://x.example/*", "https://x.example/", true],
  ["https://x.example/*", "https://x.example/a/b", false],
  ["https://x.example/*/b", "https://x.example/a/b", true],
  ["https://x.example/a*c/d", "https://x.example/abc/d", true],
  ["https://x.example/a*c/d", "https://x.example/ab/c/d", false],
  ["https://x.example/**/z", "https://x.example/z", true],
  ["https://x.example/**/z", "https://x.example/a/b/z", true],
  ["https://x.example/**/z", "https://x.example/a/b/z/", false],
  ["https://x.example/**", "https://x.example/", true],
  ["https://x.example/a/**/b/**/c", "https://x.example/a/1/b/2/3/c", true],
  ["https://x.example/a/**/b/**/c", "https://x.example/a/1/2/3/c", false],
  ["https://x.example/", "https://x.example/", true],
  ["https://x.example/", "https://x.example/a", false],
  ["https://x.example/a", "https://x.example/a/", false],
  // Addresses in numbers are in their plain form, and nothing but that.
  ["http://10.0.0.7/**", "http://10.0.0.7/a", true],
  ["http://10.0.0.7/**", "http://0xa.7/a", true],
  ["http://10.0.0.7/**", "http://167772167/a", true],
  ["http://10.0.0.7/**", "http://10.0.0.8/a", false],
  ["http://10.0.0.7/**", "http://[::ffff:10.0.0.7]/a", false],
  ["http://[fd00::7]:8080/**", "http://[FD00:0:0::7]:8080/a", true],
  ["http://[fd00::7]:8080/**", "http://[fd00::7]/a", false],
];
for (const [pattern, address, expected] of table) {
  Deno.test(`${pattern} ${expected ? "covers" : "doesn't cover"} ${JSON.stringify(address.slice(0, 70))}`, () => {
    strictEqual(isCovered(pattern, address), expected);
  });
}

Deno.test("readUrl() gives what is sent as it is compared", () => {
  const url = readUrl("https://API.example.com:443/%61%2d/./b%2c?q=%61#f");
  ok(!("reason" in url));
  deepStrictEqual(url, {
    href: "https://api.example.com/a-/b%2C?q=%61",
    origin: "https://api.example.com",
    host: "api.example.com",
    parts: ["a-", "b%2C"],
  });
});

const patterns: readonly [pattern: string, expected: boolean][] = [
  ["https://api.example.com/v1/**", true],
  ["https://api.example.com/", true],
  ["http://10.0.0.7:8080/*", true],
  ["http://[::1]/", true],
  ["https://api.example.com:443/", false],
  ["http://127.1/", false],
  ["http://2130706433/", false],
  ["https://api.example.com./", false],
  ["https://api.example.com/a/../b", false],
  ["https://api.example.com/a//b", false],
  ["https://api.example.com/%61", false],
  ["https://api.example.com/a%2Fb", false],
  ["http://[0:0::1]/", false],
  ["http://[::1/", false],
];
for (const [pattern, expected] of patterns) {
  Deno.test(`${pattern} is ${expected ? "a" : "no"} pattern`, () => strictEqual(isPattern(pattern), expected));
}

// Goal: whatever is written, what is sent never leaves the folder that was granted, by any reading that servers have.
seeded("an address that is covered stays below its folder however often a server decodes it", (random) => {
  const pieces = [
    "/",
    "..",
    ".",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    "%25",
    "%",
    "2e",
    "32",
    ";",
    "a",
    "%00",
    "?",
    "#",
    "//",
    "@",
  ];
  const length = 1 + Math.floor(random() * 8);
  const tail = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]!).join("");
  const url = readUrl(`https://x.example/in/${tail}`);
  if ("reason" in url || !covers("https://x.example/in/**", url)) return;
  let path = new URL(url.href).pathname;
  for (let round = 0; round < 4; round++) {
    path = path.replaceAll("\\", "/").split("/").map((part) => part.replace(/;.*$/, "")).join("/");
    const resolved: string[] = [];
    for (const part of path.split("/")) {
      if (part === "..") resolved.pop();
      else if (part !== "." && part !== "") resolved.push(part);
    }
    strictEqual(resolved[0], "in", url.href);
    path = path.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  }
}, { runs: 20_000, long: 1_000_000 });
