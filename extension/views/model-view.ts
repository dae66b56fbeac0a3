import { groupByBlock } from "../../kernel/report/layout";
import type { ModelView } from "../../kernel/report/model";
import { modelCsv } from "../figures/csv";
import { modelTable } from "../figures/model-table";
import { bytes, count, integer } from "../figures/numbers";
import { kindsOf } from "../figures/state";
import { modelViewSummary } from "../figures/summary";
import { visible } from "../figures/text";
import { button, dropDown, filterField } from "./controls";
import { element } from "./dom";
import { download, fileName } from "./download";
import { notice } from "./notice";
import type { MountedView } from "./mounted";
import { smallHistogram } from "./small-histogram";
import { TableView } from "./table-view";
import { titleLine } from "./view-frame";

/** Draws a model on its own: its tensors by block, to sort and to filter, with small histograms where the view holds them. */
export function mountModelView(root: HTMLElement, view: ModelView): MountedView {
  const { model } = view;
  const pictures = view.tensors.some((tensor) => tensor.histogram);
  const table = new TableView("Tensors of the model", {
    group: (row) => view.tensors[row].block,
    ...(pictures
      ? {
          picture: (row: number) => {
            const { histogram, parameters } = view.tensors[row];
            return histogram ? smallHistogram(histogram, parameters) : null;
          },
        }
      : {}),
  });
  const order = groupByBlock(view.tensors).flatMap((group) => group.layers);
  const place = element("div");
  const shown = element("span", { class: "cb-Quiet", role: "status" });
  let text = "";
  let kind: string | null = null;

  const redraw = (): void => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = order.filter((i) => {
      const tensor = view.tensors[i];
      const hay = `${tensor.name} ${tensor.block} ${tensor.kind} ${tensor.dtype} ${tensor.role ?? ""}`.toLowerCase();
      return (kind === null || tensor.kind === kind) && words.every((word) => hay.includes(word));
    });
    const all = rows.length === order.length;
    shown.textContent = all
      ? `${integer(order.length)} tensors`
      : `${integer(rows.length)} of ${integer(order.length)} tensors`;
    if (rows.length === 0) {
      const sentence = order.length === 0 ? "This model holds no tensors." : "No tensor matches the filter.";
      place.replaceChildren(notice(sentence, "empty"));
      return;
    }
    table.draw(modelTable(view, rows), []);
    place.replaceChildren(table.node);
  };

  const kinds = kindsOf(view.tensors);
  const kindList = dropDown(
    "Kind of layer",
    "all kinds",
    kinds.map((k) => ({ value: k.kind, text: `${visible(k.kind)} (${k.count})` })),
    (value) => {
      kind = value;
      redraw();
    },
  );
  kindList.hidden = kinds.length < 2;
  root.setAttribute("aria-label", modelViewSummary(view));
  root.replaceChildren(
    titleLine(
      model.name,
      `${count(model.parameters)} parameters · ${bytes(model.bytes)} · ${visible(model.format)}`,
      null,
    ),
    element(
      "div",
      { class: "cb-Controls", role: "group", "aria-label": "Tensors" },
      kindList,
      filterField("filter tensors…", (value) => {
        text = value;
        redraw();
      }),
      shown,
      element(
        "div",
        { class: "cb-Buttons", role: "group", "aria-label": "Download" },
        button("CSV", "Download the list as CSV", () =>
          download(
            new Blob([modelCsv(view)], { type: "text/csv;charset=utf-8" }),
            fileName(model.name, "tensors", "csv"),
          ),
        ),
      ),
    ),
    place,
  );
  redraw();
  return { resize: () => undefined, dispose: () => root.replaceChildren() };
}
