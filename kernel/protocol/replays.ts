import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from "node:fs";

/** How many of the newest digests are remembered. The Python clients keep as many. */
export const REPLAY_MEMORY = 65_536;
/** Sessions of clients whose last date is remembered. A page of JupyterLab is a session. */
const MAX_SESSIONS = 8_192;
/** Bytes of a record of the file: 16 of a digest, 8 of a date (milliseconds since 1970, f64). */
const RECORD_BYTES = 24;
const DIGEST_BYTES = 16;
/** Messages without a date that are remembered, for each that has one. */
const UNDATED_SHARE = 4;
/** Dates are whole milliseconds: what is half of one later than a date is later than all messages of it. */
const HALF_MS = 0.5;

interface SessionDates {
  readonly slot: number;
  /** The newest date of its messages, in milliseconds. */
  newest: number;
  /** Messages of this date or older were forgotten: what comes with such a date has come before, or may have. */
  forgotten: number;
}

/** Knows which messages have come before, also of a kernel before this one with the same key, in a bounded store: the digests of the newest
 *  messages, and for each client's session the date up to which they were forgotten. The date is signed, and a client's dates do not go back by
 *  more than its newest messages. Messages without a date are kept by their digests until there are four times `capacity`; further ones are refused.
 *
 *  The file beside the connection file holds a record for each session, so that a restarted kernel refuses what the one before it took. It is
 *  written with each message, in place: a killed process loses nothing. */
export class Replays {
  readonly #seen = new Map<string, { session: string; date: number }>();
  readonly #sessions = new Map<string, SessionDates>();
  readonly #undated = new Set<string>();
  /** Sessions that were forgotten had no message after this date. */
  #floor = -Infinity;
  #descriptor: number | undefined;

  /** `file`: where the dates are kept; absent: in memory only. */
  constructor(
    private readonly capacity = REPLAY_MEMORY,
    private readonly file?: string,
  ) {
    if (file !== undefined) this.#load(file);
  }

  /** Notes a message by its digest, session and date (ISO 8601). False for one that came before. */
  isNew(digest: string, session: string, date: string): boolean {
    if (this.#seen.has(digest)) return false;
    const time = Date.parse(date);
    if (Number.isNaN(time)) return this.#isNewUndated(digest);
    const key = shortDigest(session);
    const dates = this.#sessions.get(key) ?? this.#add(key);
    const { newest, forgotten } = dates;
    // A client whose messages all have one date goes on being heard.
    if (time < forgotten || (time === forgotten && forgotten < newest)) return false;
    if (time > dates.newest) {
      dates.newest = time;
      this.#write(dates.slot, key, time);
    }
    this.#seen.set(digest, { session: key, date: time });
    if (this.#seen.size > this.capacity) this.#forgetOldest();
    return true;
  }

  /** Removes the file: the key will not be used again. */
  discard(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.file !== undefined) rmSync(this.file, { force: true });
  }

  #isNewUndated(digest: string): boolean {
    const key = shortDigest(digest);
    if (this.#undated.has(key) || this.#undated.size >= UNDATED_SHARE * this.capacity) return false;
    this.#undated.add(key);
    this.#write(MAX_SESSIONS + this.#undated.size - 1, key, 0);
    return true;
  }

  #forgetOldest(): void {
    const oldest = this.#seen.entries().next().value;
    if (!oldest) return;
    const [digest, { session, date }] = oldest;
    this.#seen.delete(digest);
    const dates = this.#sessions.get(session);
    if (dates) dates.forgotten = Math.max(dates.forgotten, date);
    else this.#floor = Math.max(this.#floor, date);
  }

  /** A session that was not seen before; the one whose messages are the oldest gives up its place where there is none. */
  #add(key: string): SessionDates {
    let slot = this.#sessions.size;
    if (slot >= MAX_SESSIONS) {
      const [oldest, gone] = [...this.#sessions].reduce((a, b) => (b[1].newest < a[1].newest ? b : a));
      this.#sessions.delete(oldest);
      this.#floor = Math.max(this.#floor, gone.newest);
      slot = gone.slot;
    }
    const dates = { slot, newest: this.#floor, forgotten: this.#floor + HALF_MS };
    this.#sessions.set(key, dates);
    return dates;
  }

  #write(record: number, key: string, time: number): void {
    if (this.#descriptor === undefined) return;
    const bytes = Buffer.alloc(RECORD_BYTES);
    bytes.write(key, "hex");
    bytes.writeDoubleLE(time, DIGEST_BYTES);
    writeSync(this.#descriptor, bytes, 0, RECORD_BYTES, record * RECORD_BYTES);
  }

  #load(file: string): void {
    try {
      this.#descriptor = openSync(file, "a+", 0o600);
      closeSync(this.#descriptor);
      this.#descriptor = openSync(file, "r+");
    } catch {
      return; // A folder that may not be written to: what came in an earlier process is then not known.
    }
    const bytes = Buffer.alloc(
      Math.min(fstatSync(this.#descriptor).size, (MAX_SESSIONS + UNDATED_SHARE * this.capacity) * RECORD_BYTES),
    );
    readSync(this.#descriptor, bytes, 0, bytes.length, 0);
    for (let record = 0; (record + 1) * RECORD_BYTES <= bytes.length; record++) {
      const at = record * RECORD_BYTES;
      const key = bytes.toString("hex", at, at + DIGEST_BYTES);
      const time = bytes.readDoubleLE(at + DIGEST_BYTES);
      if (/^0+$/.test(key)) continue;
      if (record >= MAX_SESSIONS) this.#undated.add(key);
      else this.#sessions.set(key, { slot: this.#sessions.size, newest: time, forgotten: time + HALF_MS });
    }
  }
}

/** 16 bytes in hexadecimal digits: what a record has room for. */
function shortDigest(text: string): string {
  return createHash("sha256")
    .update(text)
    .digest("hex")
    .slice(0, 2 * DIGEST_BYTES);
}
