import { tableRest, type TableView as TableData } from "../../kernel/report/table";
import { integer } from "../figures/numbers";
import { valueCsv, valueTable } from "../figures/value-table";
import { button, filterField } from "./controls";
import { element } from "./dom";
import { download, fileName } from "./download";
import type { MountedView } from "./mounted";
import { notice } from "./notice";
import { TableView } from "./table-view";

/** From so many rows on a filter is worth its place. */
const filteredFrom = 12;

/** Draws an array of objects: to sort, to filter where it is long, to save as CSV. */
export function mountValueTable(root: HTMLElement, view: TableData): MountedView {
  const length = view.columns[0]?.cells.length ?? 0;
  const all = Array.from({ length }, (_, row) => row);
  const table = new TableView("Table of values", {});
  const place = element("div");
  const status = element("span", { class: "cb-Quiet", role: "status" });
  const rest = tableRest(view);
  let words: readonly string[] = [];

  const redraw = (): void => {
    const rows = all.filter((row) => {
      const hay = view.columns.map(({ cells }) => String(cells[row] ?? "").toLowerCase());
      return words.every((word) => hay.some((text) => text.includes(word)));
    });
    const count =
      rows.length === length ? `${integer(length)} rows` : `${integer(rows.length)} of ${integer(length)} rows`;
    status.textContent = rest === undefined || rows.length < length ? count : rest;
    if (rows.length === 0) {
      place.replaceChildren(notice(length === 0 ? "This table has no rows." : "No row matches the filter.", "empty"));
      return;
    }
    table.draw(valueTable(view, rows), []);
    place.replaceChildren(table.node);
  };

  root.setAttribute("aria-label", `Table of ${integer(view.rowsInAll)} rows and ${integer(view.columnsInAll)} columns`);
  root.replaceChildren(
    element(
      "div",
      { class: "cb-Controls", role: "group", "aria-label": "Rows" },
      length >= filteredFrom
        ? filterField("filter rows…", (value) => {
            words = value.toLowerCase().split(/\s+/).filter(Boolean);
            redraw();
          })
        : null,
      status,
      element(
        "div",
        { class: "cb-Buttons", role: "group", "aria-label": "Download" },
        button("CSV", "Download the rows as CSV", () =>
          download(new Blob([valueCsv(view)], { type: "text/csv;charset=utf-8" }), fileName("table", "rows", "csv")),
        ),
      ),
    ),
    place,
  );
  redraw();
  return { resize: () => undefined, dispose: () => root.replaceChildren() };
}
