import type { Part } from "./package_part.ts";

/**
 * Packages whose code a package was published with, without their licences: their texts are here, word for word. Which
 * versions they are was found by comparing the sources in its source map with what the registry has.
 */
export const carried: Readonly<Record<string, readonly Part[]>> = {
  "@extism/extism": [
    carriedPart({
      name: "minimatch",
      version: "9.0.3",
      integrity: "sha512-RHiac9mvaRw0x3AYRgDC1CxAP7HTcNrrECeA8YYJeWnpo+2Q5CegtZjaotWTWxDG3UeGA1coE05iH1mPjT/2mg==",
      licence: "ISC",
      licenceText: `The ISC License

Copyright (c) 2011-2023 Isaac Z. Schlueter and Contributors

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR
IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`,
    }),
    carriedPart({
      name: "brace-expansion",
      version: "2.0.1",
      integrity: "sha512-XnAIvQ8eM+kC6aULx6wuQiwVsnzsi9d3WxzV3FpWTGA19F621kwdbsAcFKXgKUHZWsy+mY6iL1sHTxWEFCytDA==",
      licence: "MIT",
      licenceText: mitText("Copyright (c) 2013 Julian Gruber <julian@juliangruber.com>"),
    }),
    carriedPart({
      name: "balanced-match",
      version: "1.0.2",
      integrity: "sha512-3oSeUO0TMV67hN1AmbXsK4yaqU7tjiHlbxRDZOpH0KW9+CeX4bRAaX0Anxt0tx2MrpRpWwQaPwIlISEJhYU5Pw==",
      licence: "MIT",
      licenceText: mitText("Copyright (c) 2013 Julian Gruber <julian@juliangruber.com>"),
    }),
  ],
};

function carriedPart(
  { integrity, ...part }: Pick<Part, "name" | "version" | "licence" | "licenceText"> & { readonly integrity: string },
): Part {
  const purl = `pkg:npm/${part.name}@${part.version}`;
  return {
    ...part,
    ref: purl,
    kind: "library",
    purl,
    fetched: { url: `https://registry.npmjs.org/${part.name}/-/${part.name}-${part.version}.tgz`, integrity },
  };
}

function mitText(copyright: string): string {
  return `MIT License

${copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;
}
