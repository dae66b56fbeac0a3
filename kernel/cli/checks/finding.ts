/** What a check found. */
export interface Finding {
  /** "ok"; "note": it works, and more could be had; "broken": something that people need does not work. */
  readonly state: "ok" | "note" | "broken";
  /** What was looked at: "Node". */
  readonly what: string;
  /** What was found, and what to do where it is not ok. */
  readonly text: string;
}
