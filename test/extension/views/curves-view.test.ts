/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { CurvesMounted } from "../../../extension/views/curves-view";
import type { CurvesView } from "../../../kernel/report/curves";
import { hostileCurves, rateCurves } from "../../fixtures/report/curves";
import { payloads } from "../payloads";
import { all, catchFiles, choose, expectHarmless, files, frame, layOut, place, press, spokenOption, the } from "./page";
import { calls } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => {
  layOut(900);
  catchFiles();
});
beforeEach(() => {
  calls.splice(0);
  files.splice(0);
});

async function show(view: CurvesView): Promise<{ root: HTMLElement; mounted: CurvesMounted }> {
  const root = place();
  const mounted = new CurvesMounted(root, view, {});
  await frame();
  return { root, mounted };
}

test("arrows speak each point with its units; Escape leaves", async () => {
  const { root } = await show(rateCurves());
  const figure = the(root, ".cb-Figure");
  press(figure, "ArrowRight");
  press(figure, "ArrowRight");
  expect(spokenOption(root)).toBe("linear 4-bit g64: 4.25 bits per weight, SQNR 19.1 dB");
  expect(the(document, ".cb-Tip").textContent).toContain("above Gaussian bound, dB");
  expect(all(root, ".cb-Mark-point")).toHaveLength(1);
  press(figure, "ArrowDown");
  expect(spokenOption(root)).toBe("nf4: 4.50 bits per weight, SQNR 20.6 dB");
  expect([press(figure, "Enter"), press(figure, "ArrowUp", { altKey: true })]).toEqual([false, false]);
  press(figure, "Escape");
  expect([spokenOption(root), the(document, ".cb-Tip").hidden, all(root, ".cb-Mark-point")]).toEqual([null, true, []]);
});

test("a chip switches its curve; the last one that is on stays on", async () => {
  const { root } = await show(rateCurves());
  const chips = all<HTMLButtonElement>(root, ".cb-Chip");
  chips[1].click();
  await frame();
  expect([all(root, "[role=option]").length, chips[1].getAttribute("aria-pressed")]).toEqual([4, "false"]);
  for (const at of [0, 2, 3, 4]) chips[at].click();
  await frame();
  expect(chips.map((chip) => chip.getAttribute("aria-pressed"))).toEqual(["false", "false", "false", "false", "true"]);
  chips[1].click();
  await frame();
  expect(chips[1].getAttribute("aria-pressed")).toBe("true");
});

test("above a bound the axis says so; without bounds there is no such choice", async () => {
  const { root } = await show(rateCurves());
  const list = the<HTMLSelectElement>(root, ".cb-Select");
  list.value = "0";
  list.dispatchEvent(new Event("change"));
  await frame();
  expect(JSON.stringify(calls.at(-1)?.figure.layout.yaxis)).toContain("SQNR above Gaussian bound (dB)");
  const { curves } = rateCurves();
  const bare = await show({ ...rateCurves(), curves: curves.filter(({ kind }) => kind === "measured") });
  expect(the(bare.root, ".cb-Select").hidden).toBe(true);
});

test("the table lists the points of the curves that are on, and takes the place of the list box", async () => {
  const { root } = await show(rateCurves());
  choose(root, "table");
  all<HTMLButtonElement>(root, ".cb-Chip")[0].click();
  await frame();
  expect(all(root, ".cb-Table tbody tr[data-row]")).toHaveLength(2);
  const figure = the(root, ".cb-Figure");
  expect([figure.hasAttribute("role"), press(figure, "ArrowRight")]).toEqual([false, false]);
});

test("files are named after what is studied", async () => {
  const { root } = await show(rateCurves());
  for (const save of all<HTMLButtonElement>(root, ".cb-Buttons button")) {
    save.click();
    await frame();
  }
  expect(files.map(({ name }) => name)).toEqual(["png", "svg", "csv"].map((kind) => `all-MiniLM-L6-v2-curves.${kind}`));
  expect(await files[2].text()).toContain('"rans alone",rans,7.9,inf');
});

test("nothing measured has its sentence; taken away it leaves nothing", async () => {
  const { root, mounted } = await show({ ...rateCurves(), curves: [] });
  expect(the(root, ".cb-Figure").textContent).toBe("No point was measured.");
  mounted.dispose();
  expect([root.children.length, all(document, ".cb-Tip").length]).toEqual([0, 0]);
});

test("hostile names stand as text in the figure's words, the legend, the hover and the table", async () => {
  for (const payload of payloads.filter((_, i) => i % 5 === 0)) {
    const { root, mounted } = await show(hostileCurves(payload));
    expect(the(root, ".cb-Model").textContent).toBe(payload);
    press(the(root, ".cb-Figure"), "ArrowRight");
    expectHarmless();
    choose(root, "table");
    await frame();
    expectHarmless();
    mounted.dispose();
  }
});
