import { createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA256 over the four JSON frames of a message (header, parent header, metadata, content, in this order; the
 *  buffers after them are not signed: that is the protocol). Written as 64 lower-case hexadecimal digits.
 *  With an empty key nothing is signed or checked. Whether a message came before is for `Replays` to say. */
export class Signer {
  readonly #key: Buffer;

  constructor(key: string) {
    this.#key = Buffer.from(key, "utf8");
  }

  /** Messages are signed: the key is not empty. */
  get signs(): boolean {
    return this.#key.length > 0;
  }

  sign(frames: readonly (string | Uint8Array)[]): string {
    if (this.#key.length === 0) return "";
    const hmac = createHmac("sha256", this.#key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest("hex");
  }

  /** The beginning of the sessions of all kernels with this key, by which a kernel knows its own messages, also those of the process before it. */
  get ownSession(): string {
    return createHmac("sha256", this.#key).update("the kernel's own session").digest("hex").slice(0, 16);
  }

  /** "ok", or why the message is refused. The comparison takes the same time wherever the first wrong digit is. */
  check(signature: Uint8Array, frames: readonly Uint8Array[]): "ok" | "unsigned" | "wrong signature" {
    if (this.#key.length === 0) return "ok";
    if (signature.length === 0) return "unsigned";
    const wanted = Buffer.from(this.sign(frames), "latin1");
    return signature.length === wanted.length && timingSafeEqual(signature, wanted) ? "ok" : "wrong signature";
  }
}
