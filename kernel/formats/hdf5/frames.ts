/** Messages between a process and its child: the length of the JSON (u32, little-endian), the length of the bytes behind it, both. */

/** A message: plain JSON, and bytes. */
export interface Frame {
  readonly json: unknown;
  readonly bytes: Uint8Array;
}

/** Bytes of a frame before its JSON. */
export const frameHeadBytes = 8;
/** Bytes of the values, or of the file, that a frame carries at most. */
export const maxFrameBytes = 32 * 1024 * 1024;
/** Bytes of a frame's JSON at most: a list of a million arrays. */
export const maxFrameJson = 256 * 1024 * 1024;

/** A frame as the bytes that are sent, in two parts, so that large ones are not copied. */
export function frameOf(json: unknown, bytes: Uint8Array = new Uint8Array(0)): [Buffer, Uint8Array] {
  const text = Buffer.from(JSON.stringify(json));
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32LE(text.length, 0);
  head.writeUInt32LE(bytes.length, 4);
  return [Buffer.concat([head, text]), bytes];
}

/** The two lengths that a frame begins with. `Error` for a length that no frame has. */
export function frameLengths(head: Buffer): { readonly json: number; readonly bytes: number } {
  const lengths = { json: head.readUInt32LE(0), bytes: head.readUInt32LE(4) };
  if (lengths.json > maxFrameJson || lengths.bytes > maxFrameBytes)
    throw new Error(`a message of ${lengths.json} and ${lengths.bytes} bytes is longer than any is`);
  return lengths;
}

/** Puts frames together again from the pieces in which they arrive. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private have = 0;

  /** Takes a piece; returns the frames that are whole by now. `Error` for what is no frame. */
  push(piece: Buffer): Frame[] {
    this.pieces.push(piece);
    this.have += piece.length;
    const frames: Frame[] = [];
    while (this.have >= frameHeadBytes) {
      const { json, bytes } = frameLengths(this.front(frameHeadBytes));
      const size = frameHeadBytes + json + bytes;
      if (this.have < size) break;
      const whole = this.front(size);
      const own = new Uint8Array(whole.subarray(size - bytes, size));
      frames.push({ json: JSON.parse(whole.toString("utf8", frameHeadBytes, frameHeadBytes + json)), bytes: own });
      this.pieces = [whole.subarray(size)];
      this.have -= size;
    }
    return frames;
  }

  /** What has arrived, its first `size` bytes in one buffer. */
  private front(size: number): Buffer {
    if (this.pieces[0].length < size) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0];
  }
}
