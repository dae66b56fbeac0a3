/** Bytes that are a picture, known by what they begin with and by a size that they state; and canvases, which give such bytes. */
import { hasMethod } from "./plain";

/** A picture that a notebook can show. */
export interface Picture {
  readonly mime: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** The largest picture that goes into a notebook; larger ones are shown as what they are, bytes. */
const mostBytes = 1 << 25;

/** The picture that the bytes are; undefined for other bytes, and for those that only begin like one. */
export function pictureOf(bytes: Uint8Array): Picture | undefined {
  if (bytes.length > mostBytes || bytes.length < 24) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = png(view) ?? gif(view) ?? webp(view) ?? jpeg(view);
  return found !== undefined && found.width > 0 && found.height > 0 ? found : undefined;
}

/** PNG: eight bytes of signature, then the chunk IHDR with width and height (RFC 2083, 3.1 and 4.1.1). */
function png(bytes: Buffer): Picture | undefined {
  if (bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n" || bytes.toString("latin1", 12, 16) !== "IHDR")
    return undefined;
  return { mime: "image/png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** GIF: its version, then width and height (GIF89a, 18). */
function gif(bytes: Buffer): Picture | undefined {
  if (!/^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6))) return undefined;
  return { mime: "image/gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** WebP: a RIFF file whose first chunk is VP8, VP8L or VP8X (RFC 9649, 2.3 to 2.7). */
function webp(bytes: Buffer): Picture | undefined {
  if (bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WEBP" || bytes.length < 30)
    return undefined;
  const kind = bytes.toString("latin1", 12, 16);
  if (kind === "VP8X")
    return { mime: "image/webp", width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) };
  if (kind === "VP8L") {
    const bits = bytes.readUInt32LE(21);
    return { mime: "image/webp", width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (kind !== "VP8 ") return undefined;
  return { mime: "image/webp", width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
}

/** JPEG: segments up to the frame header, which states height and width (ITU T.81, B.2.2). */
function jpeg(bytes: Buffer): Picture | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker === 0xff) at++;
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { mime: "image/jpeg", height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    else at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** The forms of a picture: itself, and a sentence where it cannot be drawn. */
export function pictureForms(bytes: Uint8Array, { mime, width, height }: Picture): Record<string, unknown> {
  const kind = mime.slice("image/".length).toUpperCase();
  return {
    [mime]: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    "text/plain": `${kind} picture, ${width} × ${height} pixels, ${bytes.length} bytes`,
  };
}

/** The forms of a canvas (node-canvas, @napi-rs/canvas, skia-canvas, jsdom): the picture on it. A canvas has a width, a height, a context, and
 *  gives its picture as bytes or as a data address. */
export function canvasForms(value: unknown): Record<string, unknown> | undefined {
  if (!hasMethod(value, "getContext") && !hasMethod(value, "toDataURL")) return undefined;
  if (hasMethod(value, "toBuffer")) {
    const bytes: unknown = value.toBuffer("image/png");
    const picture = bytes instanceof Uint8Array ? pictureOf(bytes) : undefined;
    if (picture !== undefined) return pictureForms(bytes as Uint8Array, picture);
  }
  if (!hasMethod(value, "toDataURL")) return undefined;
  const address: unknown = value.toDataURL("image/png");
  const match = typeof address === "string" ? /^data:image\/[a-z]+;base64,(.*)$/s.exec(address) : null;
  if (match === null) return undefined;
  const bytes = Buffer.from(match[1], "base64");
  const picture = pictureOf(bytes);
  return picture === undefined ? undefined : pictureForms(bytes, picture);
}
