/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { defaultPreferences } from "../../../extension/figures/state";
import { ReportView } from "../../../extension/views/report-view";
import type { Report } from "../../../kernel/report/types";
import { deepReport, miniLmReport, smallReport } from "../../fixtures/report/reports";
import { payloadReport, payloads } from "../payloads";
import {
  all,
  catchFiles,
  choose,
  expectHarmless,
  files,
  frame,
  layOut,
  place,
  point,
  press,
  spokenOption,
  the,
} from "./page";
import { calls, failWith } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => {
  layOut(900);
  catchFiles();
});
beforeEach(() => {
  calls.splice(0);
  files.splice(0);
});
afterEach(() => failWith(null));

async function show(report: Report, openInTab?: () => void): Promise<{ root: HTMLElement; view: ReportView }> {
  const root = place();
  const view = new ReportView(root, report, { preferences: defaultPreferences, ...(openInTab ? { openInTab } : {}) });
  await frame();
  return { root, view };
}
const options = (root: ParentNode): string[] => all(root, "[role=option]").map((node) => node.textContent ?? "");

test("a small model appears as rows, a deep one as a map; the reader switches to either, and to a table", async () => {
  const { root } = await show(smallReport());
  const kinds = (): unknown[] => (calls.at(-1)?.figure.data ?? []).map((trace) => (trace as { type: string }).type);
  expect(kinds()).not.toContain("heatmap");
  choose(root, "map");
  await frame();
  expect(kinds()).toContain("heatmap");
  choose(root, "table");
  await frame();
  expect(all(root, ".cb-Table tbody tr[data-row]")).toHaveLength(6);
  expect(the(root, ".cb-Figure").hasAttribute("tabindex")).toBe(false);
  choose(root, "layers");
  await frame();
  expect([options(root).length, the(root, ".cb-Figure").getAttribute("role")]).toEqual([6, "listbox"]);
  await show(deepReport());
  expect(kinds()).toContain("heatmap");
});

test("the keyboard alone: arrows speak each layer, Enter opens it, Escape closes it, then leaves", async () => {
  const { root } = await show(smallReport());
  const figure = the(root, ".cb-Figure");
  expect(figure.getAttribute("aria-label")).toMatch(/^Quantization error and sparsity of 6 layers\. Arrows move/);
  expect(spokenOption(root)).toBeNull();
  expect(press(figure, "ArrowDown")).toBe(true);
  expect(spokenOption(root)).toMatch(/^h\.0\.attn\.c_attn\.weight, 64 × 192\. linear 4-bit g64: SQNR /);
  press(figure, "End");
  press(figure, "ArrowUp");
  const spoken = spokenOption(root) ?? "";
  expect(the(document, ".cb-Tip").hidden).toBe(false);
  press(figure, "Enter");
  const card = the(root, ".cb-Card");
  expect([card.hidden, spoken.startsWith(the(card, "h4").textContent ?? "?")]).toEqual([false, true]);
  expect(the(document, ".cb-Tip").hidden).toBe(true);
  press(figure, "Escape");
  expect([card.hidden, document.activeElement === figure, spokenOption(root)]).toEqual([true, true, spoken]);
  press(figure, "Escape");
  expect(spokenOption(root)).toBeNull();
});

test("other keys stay the notebook's, and so do those with a modifier or from a control inside", async () => {
  const { root } = await show(smallReport());
  const figure = the(root, ".cb-Figure");
  expect([press(figure, "a"), press(figure, "ArrowDown", { ctrlKey: true })]).toEqual([false, false]);
  expect(press(the(root, ".cb-Filter"), "ArrowDown")).toBe(false);
  expect(spokenOption(root)).toBeNull();
});

test("filters leave what matches, in the figure and for the screen reader; nothing has its sentence", async () => {
  const { root } = await show(miniLmReport());
  const filter = the<HTMLInputElement>(root, ".cb-Filter");
  const type = async (text: string): Promise<void> => {
    filter.value = text;
    filter.dispatchEvent(new Event("input"));
    await frame();
  };
  press(the(root, ".cb-Figure"), "End");
  await type("QUERY layer.3");
  expect(options(root)).toEqual([expect.stringContaining("encoder.layer.3.attention.self.query.weight")]);
  // The layer that was active is gone.
  expect(spokenOption(root)).toBeNull();
  await type("nothing like this");
  expect([the(root, ".cb-Figure").textContent, the(root, ".cb-Figure").hasAttribute("tabindex")]).toEqual([
    "No layer matches the filter.",
    false,
  ]);
  await type("");
  expect(options(root)).toHaveLength(39);
});

test("measure, order and variants change what is said", async () => {
  const { root } = await show(miniLmReport());
  choose(root, "RMSE");
  choose(root, "worst first");
  all<HTMLButtonElement>(root, ".cb-Chip")[0].click();
  await frame();
  expect(options(root)[0]).toMatch(/: RMSE 0\.0/);
  expect(options(root).join()).not.toContain("linear 4-bit g64");
  expect(the(root, ".cb-Words-body").textContent).toContain("Worst layers by RMSE: ");
});

test("a click in the figure and a name in the table open the same card", async () => {
  const { root } = await show(smallReport());
  const panel = the(root, ".cb-Panel");
  point(panel, "pointermove", 400, 60);
  expect(the(document, ".cb-Tip").textContent).toContain("h.0.attn");
  point(panel, "pointerdown", 400, 60);
  point(window, "pointerup", 400, 60);
  const opened = the(root, ".cb-Card h4").textContent;
  choose(root, "table");
  await frame();
  all<HTMLButtonElement>(root, ".cb-RowButton")
    .find((press) => press.textContent === opened)
    ?.click();
  expect(the(root, ".cb-Card h4").textContent).toBe(opened);
  expect(the(root, ".cb-Row-active").textContent).toContain(opened);
  press(the(root, ".cb-Card button"), "Escape");
  expect(the(root, ".cb-Card").hidden).toBe(true);
});

test("files: every number as CSV, the form on the screen as a picture, a table as its rows", async () => {
  let tabs = 0;
  const { root } = await show(smallReport(), () => tabs++);
  const save = async (label: string): Promise<void> => {
    all<HTMLButtonElement>(root, ".cb-Buttons button")
      .find(({ textContent }) => textContent === label)
      ?.click();
    await frame();
  };
  await save("CSV");
  choose(root, "map");
  await frame();
  await save("PNG");
  choose(root, "table");
  await frame();
  await save("SVG");
  await save("Tab");
  const name = smallReport().model.name;
  expect(files.map((file) => file.name)).toEqual([`${name}-layers.csv`, `${name}-map.png`, `${name}-layers.svg`]);
  expect((await files[0].text()).split("\r\n")).toHaveLength(1 + 12 + 1);
  expect(tabs).toBe(1);
});

test("a failed drawing is read aloud; a report without layers has its sentence", async () => {
  failWith(new Error("no canvas"));
  const { root } = await show(smallReport());
  expect(the(root, "[role=alert]").textContent).toBe("The figure could not be drawn: no canvas");
  failWith(null);
  const empty = await show({ ...smallReport(), layers: [] });
  expect(the(empty.root, ".cb-Figure").textContent).toBe("This report holds no layers: nothing was compressed.");
});

test("hostile names stand as text in every form, in the card and in words", async () => {
  const { root } = await show(payloadReport(0));
  for (const form of ["map", "table", "layers"]) {
    choose(root, form);
    await frame();
    expectHarmless();
    if (form === "table")
      expect(all(root, ".cb-NameCell .cb-Layer").map((node) => node.textContent)).toEqual(
        expect.arrayContaining([...payloads]),
      );
  }
  const figure = the(root, ".cb-Figure");
  for (let i = 0; i < 5; i++) {
    press(figure, "ArrowDown");
    press(figure, "Enter");
    expectHarmless();
  }
});

test("taken away, it leaves nothing on the page and frees what plotly held", async () => {
  const { root, view } = await show(smallReport());
  press(the(root, ".cb-Figure"), "ArrowDown");
  view.dispose();
  await frame();
  expect([root.children.length, all(document, ".cb-Tip").length, calls.at(-1)?.name]).toEqual([0, 0, "purge"]);
});
