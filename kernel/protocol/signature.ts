import { createHmac, timingSafeEqual } from "node:crypto";

/** A digest is remembered until this many newer ones came: a replay older than that is no longer known
 *  (the same number as the Python clients keep). */
export const REPLAY_MEMORY = 65_536;

/** HMAC-SHA256 over the four JSON frames of a message (header, parent header, metadata, content, in this order; the
 *  buffers after them are not signed: that is the protocol). Written as 64 lower-case hexadecimal digits.
 *  Every signature is accepted once: a message seen before is refused. An empty key means: nothing is signed. */
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

  /** "ok", or why not. Takes the same time wherever the first wrong digit stands. */
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
