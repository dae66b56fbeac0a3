import { formatBytes } from "../../kernel/report/numbers";
import { plainColumn, type Table } from "../figures/table";
import { visible } from "../figures/text";
import { filterField } from "./controls";
import { element } from "./dom";
import { notice } from "./notice";
import { TableView } from "./table-view";

/** A variable as the kernel tells it. */
export interface VariableLine {
  readonly name: string;
  readonly type: string;
  readonly shape: string;
  readonly dtype: string;
  /** null: not known. */
  readonly bytes: number | null;
  readonly text: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const word = (value: unknown): string => (typeof value === "string" ? value.slice(0, 200) : "");

/** The lines of a message of the kernel; undefined for a message that is none. */
export function variableLines(message: unknown): readonly VariableLine[] | undefined {
  if (!isRecord(message) || !Array.isArray(message.variables)) return undefined;
  return message.variables.filter(isRecord).map((line) => ({
    name: word(line.name),
    type: word(line.type),
    shape: word(line.shape),
    dtype: word(line.dtype),
    bytes: typeof line.bytes === "number" && Number.isFinite(line.bytes) ? line.bytes : null,
    text: word(line.text),
  }));
}

/** The variables as a table, in the order of `rows`. */
export function variablesTable(lines: readonly VariableLine[], rows: readonly number[]): Table {
  const text = (head: string, read: (line: VariableLine) => string) =>
    plainColumn(head, false, (row) => ({ text: visible(read(lines[row])), sort: read(lines[row]) }));
  return {
    rows,
    columns: [
      text("name", (line) => line.name),
      text("type", (line) => line.type),
      text("shape", (line) => line.shape),
      text("dtype", (line) => line.dtype),
      plainColumn("size", true, (row) => {
        const { bytes } = lines[row];
        return { text: bytes === null ? "" : formatBytes(bytes), sort: bytes ?? -1 };
      }),
      text("value", (line) => line.text),
    ],
  };
}

/** The list of a notebook's variables: to sort and to filter, with a sentence where there is nothing to list. */
export class VariablesView {
  readonly node = element("div", { class: "cb-View cb-Variables" });
  private readonly table = new TableView("Variables", {});
  private readonly place = element("div");
  private readonly status = element("span", { class: "cb-Quiet", role: "status" });
  private lines: readonly VariableLine[] = [];
  private words: readonly string[] = [];

  constructor() {
    const filter = filterField("filter variables…", (value) => {
      this.words = value.toLowerCase().split(/\s+/).filter(Boolean);
      this.redraw();
    });
    this.node.append(
      element("div", { class: "cb-Controls", role: "group", "aria-label": "Variables" }, filter, this.status),
      this.place,
    );
  }

  /** Shows the lines; a reader's filter and order stay. */
  show(lines: readonly VariableLine[]): void {
    this.lines = lines;
    this.redraw();
  }

  /** Shows a sentence instead. */
  say(sentence: string): void {
    this.lines = [];
    this.status.textContent = "";
    this.place.replaceChildren(notice(sentence, "empty"));
  }

  private redraw(): void {
    const { lines, words } = this;
    const rows = [...lines.keys()].filter((row) => {
      const { name, type, dtype, shape } = lines[row];
      const hay = `${name} ${type} ${dtype} ${shape}`.toLowerCase();
      return words.every((part) => hay.includes(part));
    });
    if (rows.length === 0) {
      this.status.textContent = "";
      const sentence = lines.length === 0 ? "This notebook has no variables yet." : "No variable matches the filter.";
      this.place.replaceChildren(notice(sentence, "empty"));
      return;
    }
    this.status.textContent = rows.length === lines.length ? `${rows.length}` : `${rows.length} of ${lines.length}`;
    this.table.draw(variablesTable(lines, rows), []);
    this.place.replaceChildren(this.table.node);
  }
}
