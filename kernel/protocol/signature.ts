import { createHmac, timingSafeEqual } from "node:crypto";

/** How many of the newest digests are remembered: a replay of an older message is not noticed. The Python clients keep as many. */
export const REPLAY_MEMORY = 65_536;

/** HMAC-SHA256 over the four JSON frames of a message (header, parent header, metadata, content, in this order; the
 *  buffers after them are not signed: that is the protocol). Written as 64 lower-case hexadecimal digits.
 *  Every signature is accepted once: a message that came before is refused. With an empty key nothing is signed or checked. */
export class Signer {
  readonly #key: Buffer;
  readonly #seen = new Set<string>();
  readonly #capacity: number;

  constructor(key: string, capacity = REPLAY_MEMORY) {
    this.#key = Buffer.from(key, "utf8");
    this.#capacity = capacity;
  }

  sign(frames: readonly (string | Uint8Array)[]): string {
    if (this.#key.length === 0) return "";
    const hmac = createHmac("sha256", this.#key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest("hex");
  }

  /** "ok", or why the message is refused. The comparison takes the same time wherever the first wrong digit is. */
  check(signature: Uint8Array, frames: readonly Uint8Array[]): "ok" | "unsigned" | "wrong signature" | "replayed" {
    if (this.#key.length === 0) return "ok";
    if (signature.length === 0) return "unsigned";
    const wanted = Buffer.from(this.sign(frames), "latin1");
    if (signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) return "wrong signature";
    const digest = wanted.toString("latin1");
    if (this.#seen.has(digest)) return "replayed";
    this.#seen.add(digest);
    if (this.#seen.size > this.#capacity) {
      const oldest = this.#seen.values().next().value;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    return "ok";
  }
}
