import type { Paint } from "../figures/colours";
import { sortRows, type Table, type TableColumn } from "../figures/table";
import { element, markElement, nameElement } from "./dom";

export interface TableEvents {
  /** A row was opened, by click or by Enter on its name. */
  pick?(row: number): void;
  /** What stands before the cells of a row, for tables with pictures. */
  picture?(row: number): Node | null;
  group?(row: number): string;
}

/** A table whose head stays in sight and sorts: names left, numbers right in tabular figures, a bar inside the cell where size
 *  matters. */
export class TableView {
  readonly node = element("div", { class: "cb-TableScroll", tabindex: 0, role: "region" });
  private sort: { column: number; descending: boolean } | null = null;
  private table: Table | null = null;
  private paint: readonly Paint[] = [];
  private active: number | null = null;

  constructor(
    label: string,
    private readonly events: TableEvents,
  ) {
    this.node.setAttribute("aria-label", label);
  }

  draw(table: Table, paint: readonly Paint[]): void {
    this.table = table;
    this.paint = paint;
    if (this.sort && this.sort.column >= table.columns.length) this.sort = null;
    this.render();
  }

  setActive(row: number | null): void {
    this.active = row;
    for (const line of this.node.querySelectorAll<HTMLElement>("tr[data-row]"))
      line.classList.toggle("cb-Row-active", Number(line.dataset.row) === row);
  }

  private render(): void {
    const { table, sort } = this;
    if (!table) return;
    const rows = sort ? sortRows(table, sort.column, sort.descending) : table.rows;
    const grouped = !sort && this.events.group !== undefined;
    const body: HTMLElement[] = [];
    let previous: string | null = null;
    for (const row of rows) {
      const group = grouped ? (this.events.group?.(row) ?? "") : "";
      if (grouped && group !== previous && group !== "") body.push(this.groupLine(group, table));
      previous = group;
      body.push(this.line(table, row));
    }
    this.node.replaceChildren(element("table", { class: "cb-Table" }, this.head(table), element("tbody", {}, ...body)));
  }

  private groupLine(group: string, table: Table): HTMLElement {
    const span = table.columns.length + (this.events.picture ? 1 : 0);
    return element(
      "tr",
      { class: "cb-GroupLine" },
      element("th", { colspan: span, scope: "rowgroup" }, nameElement(group, "cb-Group")),
    );
  }

  private head(table: Table): HTMLElement {
    const lines: HTMLElement[] = [];
    const picture = (): HTMLElement[] => (this.events.picture ? [element("td", { class: "cb-Picture" })] : []);
    if (table.columns.some((column) => column.group !== "")) {
      const groups: HTMLElement[] = [];
      for (let i = 0; i < table.columns.length;) {
        const { group } = table.columns[i];
        let end = i + 1;
        while (end < table.columns.length && table.columns[end].group === group) end++;
        groups.push(element("th", { colspan: end - i, scope: "colgroup", class: group ? "cb-GroupHead" : "" }, group));
        i = end;
      }
      lines.push(element("tr", {}, ...groups, ...picture()));
    }
    lines.push(element("tr", {}, ...table.columns.map((column, i) => this.headCell(column, i)), ...picture()));
    return element("thead", {}, ...lines);
  }

  private headCell(column: TableColumn, index: number): HTMLElement {
    const sorted = this.sort?.column === index ? (this.sort.descending ? "descending" : "ascending") : "none";
    const arrow = sorted === "none" ? "" : sorted === "descending" ? " ↓" : " ↑";
    const mark = column.variant === null ? null : this.paint[column.variant];
    const press = element(
      "button",
      { type: "button", class: "cb-SortButton" },
      mark ? markElement(mark.colour, mark.symbol) : null,
      nameElement(column.head, "cb-Head-name"),
      element("span", { "aria-hidden": "true" }, arrow),
    );
    press.addEventListener("click", () => {
      const again = this.sort?.column === index;
      // Numbers fall first, words rise first; a third press gives the model's order back.
      const first = column.numeric;
      if (!again) this.sort = { column: index, descending: first };
      else this.sort = this.sort?.descending === first ? { column: index, descending: !first } : null;
      this.render();
      this.node.querySelectorAll<HTMLElement>(".cb-SortButton")[index]?.focus();
    });
    return element("th", { scope: "col", "aria-sort": sorted, class: column.numeric ? "cb-Numeric" : "" }, press);
  }

  private line(table: Table, row: number): HTMLElement {
    const cells = table.columns.map((column, i) => {
      const { text, bar } = column.cell(row);
      if (i === 0 && !column.numeric) return this.nameCell(text, row);
      const cell = element("td", { class: column.numeric ? "cb-Numeric" : "" }, text);
      if (bar !== null && Number.isFinite(bar)) {
        cell.classList.add("cb-Barred");
        cell.style.setProperty("--cb-share", `${(100 * Math.min(1, Math.max(0, bar))).toFixed(1)}%`);
        if (column.variant !== null) cell.style.setProperty("--cb-colour", this.paint[column.variant].colour);
      }
      return cell;
    });
    const line = element("tr", { "data-row": row, class: row === this.active ? "cb-Row-active" : "" }, ...cells);
    if (this.events.picture) line.append(element("td", { class: "cb-Picture" }, this.events.picture(row)));
    return line;
  }

  private nameCell(name: string, row: number): HTMLElement {
    const { pick } = this.events;
    if (!pick) return element("th", { scope: "row", class: "cb-NameCell" }, nameElement(name, "cb-Layer"));
    const press = element("button", { type: "button", class: "cb-RowButton" }, nameElement(name, "cb-Layer"));
    press.addEventListener("click", () => pick(row));
    return element("th", { scope: "row", class: "cb-NameCell" }, press);
  }
}
