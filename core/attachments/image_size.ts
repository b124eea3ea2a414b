/** What a picture unpacks to, in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * More than this isn't shown in a page: a few kilobytes may unpack to gigapixels. 40 megapixels take a browser 160 MB;
 * a camera's 24 are shown.
 */
export const pixelsMax = 40_000_000;
/** No longer than what graphics hardware takes. */
const sideMax = 16_384;

/** Whether a browser may be given it to show. What doesn't say its size isn't. */
export function isShowable(size: ImageSize | undefined): boolean {
  if (size === undefined) return false;
  const { width, height } = size;
  return width > 0 && height > 0 && width <= sideMax && height <= sideMax && width * height <= pixelsMax;
}

/**
 * The size that a picture says it unpacks to, which is what a browser makes room for; `undefined` when its beginning
 * doesn't say. Sources: PNG (W3C, 11.2.2), GIF89a (sections 18 to 20), JPEG (ITU-T T.81, B.2.2), WebP (RFC 9649, 2.5 to
 * 2.7, and RFC 6386, 9.1).
 */
export function imageSizeOf(mediaType: string, head: Uint8Array): ImageSize | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  try {
    switch (mediaType) {
      case "image/png":
        return pngSize(view);
      case "image/gif":
        return gifSize(view);
      case "image/jpeg":
        return jpegSize(view);
      case "image/webp":
        return webpSize(view);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // The beginning ends before it says.
    throw error;
  }
}

function pngSize(view: DataView): ImageSize | undefined {
  if (view.getUint32(12) !== 0x49484452) return undefined; // IHDR comes first.
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Browsers make room for the first frame where that is larger than the screen that it stands on. */
function gifSize(view: DataView): ImageSize | undefined {
  const screen = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  const flags = view.getUint8(10);
  let at = 13 + ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));
  while (view.getUint8(at) === 0x21) { // Extensions: a label, then blocks with their lengths.
    at += 2;
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
    at++;
  }
  if (view.getUint8(at) !== 0x2c) return undefined;
  const word = (offset: number) => view.getUint16(at + offset, true);
  return { width: Math.max(screen.width, word(1) + word(5)), height: Math.max(screen.height, word(3) + word(7)) };
}

function jpegSize(view: DataView): ImageSize | undefined {
  for (let at = 2;;) {
    while (view.getUint8(at) !== 0xff) at++;
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at++);
    const isAlone = marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8);
    if (isAlone) continue;
    if (marker === 0xd9 || marker === 0xda) return undefined; // The picture has ended, or begun, without saying its size.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: view.getUint16(at + 5), height: view.getUint16(at + 3) };
    at += Math.max(2, view.getUint16(at));
  }
}

function webpSize(view: DataView): ImageSize | undefined {
  const uint24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503858: // "VP8X"
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
    case 0x5650384c: { // "VP8L"
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503820: // "VP8 "
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    default:
      return undefined;
  }
}
