/** A point of the icon's own square, 32 by 32. */
type Point = readonly [x: number, y: number];

const accent = [11, 101, 112] as const;
const cornerRadius = 7;
const strokeWidth = 2.5;
/** What stays visible of an icon whose edge a system cuts off. Source: https://w3c.github.io/manifest/#icon-masks */
const maskableScale = 0.75;

/** The outline of a speech bubble, as in `assets/icon.svg`. */
const bubble: readonly Point[] = [
  [9, 22],
  ...arc([12, 12], 180),
  ...arc([20, 12], 270),
  ...arc([20, 17], 0),
  [13, 20],
  [9, 22],
];

/**
 * The icon as a PNG, for systems that take no SVG. It is computed, so that the repository has no binary files.
 * `isMaskable`: the background goes to the edges, because the system gives the shape.
 */
export async function iconPng(
  { size, isMaskable }: { readonly size: number; readonly isMaskable: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  const scale = 32 / size;
  const glyphScale = isMaskable ? maskableScale : 1;
  const rows = new Uint8Array(size * (1 + size * 4));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const point: Point = [(x + 0.5) * scale, (y + 0.5) * scale];
      const glyph: Point = [16 + (point[0] - 16) / glyphScale, 16 + (point[1] - 16) / glyphScale];
      const white = covered((strokeWidth / 2 - distanceToLine(glyph, bubble)) * glyphScale / scale);
      const opaque = isMaskable ? 1 : covered(-distanceToSquare(point) / scale);
      const at = y * (1 + size * 4) + 1 + x * 4;
      for (const [channel, value] of accent.entries()) rows[at + channel] = Math.round(value + (255 - value) * white);
      rows[at + 3] = Math.round(255 * opaque);
    }
  }
  return await encodePng(size, rows);
}

/** How much of a pixel is on the inner side of an edge that runs `distance` pixels from its middle. */
function covered(distance: number): number {
  return Math.min(1, Math.max(0, distance + 0.5));
}

/** A quarter of a circle with radius 3, clockwise from `degrees`. */
function arc([x, y]: Point, degrees: number): Point[] {
  return Array.from({ length: 6 }, (_, step): Point => {
    const angle = (degrees + step * 90 / 5) * Math.PI / 180;
    return [x + 3 * Math.cos(angle), y + 3 * Math.sin(angle)];
  });
}

function distanceToLine([x, y]: Point, line: readonly Point[]): number {
  let nearest = Infinity;
  if (x < 7 || x > 25 || y < 7 || y > 25) return nearest;
  for (let index = 1; index < line.length; index++) {
    const [[ax, ay], [bx, by]] = [line[index - 1]!, line[index]!];
    const [dx, dy] = [bx - ax, by - ay];
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
    nearest = Math.min(nearest, Math.hypot(x - ax - along * dx, y - ay - along * dy));
  }
  return nearest;
}

/** To the edge of the square with round corners; negative within. */
function distanceToSquare([x, y]: Point): number {
  const [dx, dy] = [Math.abs(x - 16) - 16 + cornerRadius, Math.abs(y - 16) - 16 + cornerRadius];
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - cornerRadius;
}

/** `rows`: a filter byte and RGBA pixels each. Source: https://www.w3.org/TR/png-3/ */
async function encodePng(size: number, rows: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, size);
  view.setUint32(4, size);
  header.set([8, 6], 8); // 8 bits a channel, RGBA
  const deflated = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const chunks = [
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", new Uint8Array(await new Response(deflated).arrayBuffer())),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** Source: https://www.w3.org/TR/png-3/#D-CRCAppendix */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0xedb88320);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
