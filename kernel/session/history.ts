import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** One stored cell. `output` is the text of its result, if it had one. */
export interface HistoryEntry {
  session: number;
  line: number;
  source: string;
  output?: string;
}

/** What a `history_request` asks for. */
export type HistoryQuery =
  | { access: "tail"; count: number }
  | { access: "range"; session: number; start: number; stop?: number | undefined }
  | { access: "search"; pattern: string; count?: number | undefined; unique: boolean };

/** How many sessions are kept; older ones are removed. */
const KEPT_SESSIONS = 1_000;
/** Characters at which the output of an entry is cut: the history is for finding inputs. */
const OUTPUT_CHARACTERS = 4_096;
const FILE = /^(\d{1,9})\.jsonl$/;

/** The cells of this user's sessions: a folder with one file per session, `<number>.jsonl`, one JSON object per line.
 *  A session writes to its own file only, so kernels that run side by side never mix, and a torn last line (the machine
 *  went down) loses that line alone. A folder that cannot be written is no reason to refuse a cell: the history then
 *  lives as long as the session. */
export class History {
  #session: number | undefined;
  readonly #own: HistoryEntry[] = [];
  #stored = true;

  constructor(private readonly folder: string) {}

  /** This session's number: one more than the newest before it. Claims it, on first use, by creating its file. */
  get session(): number {
    this.#session ??= this.#claim();
    return this.#session;
  }

  add(line: number, source: string, output?: string): void {
    const entry: HistoryEntry = { session: this.session, line, source };
    if (output !== undefined) entry.output = output.slice(0, OUTPUT_CHARACTERS);
    this.#own.push(entry);
    if (!this.#stored) return;
    try {
      appendFileSync(this.#file(this.session), JSON.stringify({ line, source, output: entry.output }) + "\n");
    } catch {
      this.#stored = false;
    }
  }

  query(query: HistoryQuery): HistoryEntry[] {
    switch (query.access) {
      case "tail":
        return this.#newest(query.count);
      case "range": {
        const { start, stop = Infinity } = query;
        const session = query.session > 0 ? query.session : this.session + query.session;
        return this.#entries(session).filter(({ line }) => line >= start && line < stop);
      }
      case "search": {
        const pattern = globPattern(query.pattern);
        const last = new Map<string, HistoryEntry>();
        let found: HistoryEntry[] = [];
        for (const session of this.#sessions())
          for (const entry of this.#entries(session))
            if (pattern.test(entry.source)) {
              found.push(entry);
              // A source that came twice keeps its last position.
              last.delete(entry.source);
              last.set(entry.source, entry);
            }
        if (query.unique) found = [...last.values()];
        return query.count === undefined ? found : found.slice(Math.max(found.length - query.count, 0));
      }
    }
  }

  #newest(count: number): HistoryEntry[] {
    const found: HistoryEntry[] = [];
    for (const session of this.#sessions().reverse()) {
      if (found.length >= count) break;
      found.unshift(...this.#entries(session));
    }
    return found.slice(Math.max(found.length - count, 0));
  }

  /** Numbers of the stored sessions and this one, ascending. */
  #sessions(): number[] {
    const numbers = new Set(this.#own.length > 0 ? [this.session] : []);
    try {
      for (const name of readdirSync(this.folder)) {
        const match = FILE.exec(name);
        if (match) numbers.add(Number(match[1]));
      }
    } catch {
      // Without the folder there are no stored sessions.
    }
    return [...numbers].sort((a, b) => a - b);
  }

  #entries(session: number): HistoryEntry[] {
    if (session === this.#session) return this.#own;
    let text: string;
    try {
      text = readFileSync(this.#file(session), "utf8");
    } catch {
      return [];
    }
    return text.split("\n").flatMap((row) => parseRow(row, session));
  }

  #claim(): number {
    const before = this.#sessions();
    for (const old of before.slice(0, Math.max(before.length - KEPT_SESSIONS, 0)))
      rmSync(this.#file(old), { force: true });
    let number = (before.at(-1) ?? 0) + 1;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      for (;;) {
        try {
          writeFileSync(this.#file(number), "", { flag: "wx", mode: 0o600 });
          return number;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
          number += 1;
        }
      }
    } catch {
      this.#stored = false;
      return number;
    }
  }

  #file(session: number): string {
    return path.join(this.folder, `${session}.jsonl`);
  }
}

function parseRow(row: string, session: number): HistoryEntry[] {
  if (row === "") return [];
  try {
    const { line, source, output } = JSON.parse(row) as Record<string, unknown>;
    if (typeof line !== "number" || typeof source !== "string") return [];
    return [{ session, line, source, ...(typeof output === "string" ? { output } : {}) }];
  } catch {
    return [];
  }
}

/** Shell pattern over the whole text: `*` any characters, `?` one, `[abc]` one of these, as SQLite's GLOB. */
export function globPattern(pattern: string): RegExp {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i];
    const close = character === "[" ? pattern.indexOf("]", i + 2) : -1;
    if (character === "*") source += "[^]*";
    else if (character === "?") source += "[^]";
    else if (close > 0) {
      const set = pattern.slice(i + 1, close);
      const inside = set.replace(/^\^/, "").replace(/[\\\]^[]/g, "\\$&");
      source += `[${set.startsWith("^") ? "^" : ""}${inside}]`;
      i = close;
    } else source += character.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  }
  try {
    return new RegExp(`^${source}$`, "u");
  } catch {
    return new RegExp(`^${pattern.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")}$`, "u");
  }
}
