import {
  chosenMeasure,
  initialState,
  kindsOf,
  selectLayers,
  suggestedLayout,
  toggleVariant,
  visibleVariants,
  worstOf,
  type ViewState,
} from "../../../extension/figures/state";
import { panels } from "../../../kernel/report/measures";
import { deepReport, losslessReport, miniLmReport, smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

test("rows up to sixty layers, the map beyond", () => {
  expect(initialState(miniLmReport()).layout).toBe("layers");
  expect(initialState(deepReport()).layout).toBe("map");
  expect(initialState(deepReport(), { measure: "rootMeanSquareError", layout: "table" })).toMatchObject({
    layout: "table",
    measure: "rootMeanSquareError",
  });
});

test("model order follows the blocks, whatever order the file has", () => {
  const report = deepReport();
  const blocks = selectLayers(report, stateOf(report)).flatMap((i) => report.layers[i].blockIndex ?? []);
  expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
  expect(blocks).toHaveLength(42 * 7);
});

test("worst first by each measure; what lost nothing comes last", () => {
  const report = losslessReport();
  const order = selectLayers(report, stateOf(report, { order: "worst" }));
  expect(order[0]).toBe(2);
  expect(selectLayers(report, stateOf(report, { order: "worst", hidden: [1] })).at(-1)).toBe(0);
});

test("the filter takes words in any order; the kind is exact", () => {
  const report = miniLmReport();
  const names = (change: Partial<ViewState>): string[] =>
    selectLayers(report, stateOf(report, change)).map((i) => report.layers[i].name);
  expect(names({ text: "QUERY layer.3" })).toEqual(["encoder.layer.3.attention.self.query.weight"]);
  expect(names({ kind: "query" })).toHaveLength(6);
  expect(names({ kind: "query", text: "layer.5" })).toHaveLength(1);
  expect(names({ text: "nothing like this" })).toEqual([]);
});

test("the last variant that is on stays on", () => {
  const report = smallReport();
  const one = toggleVariant(report, stateOf(report), 0);
  expect(visibleVariants(report, one)).toEqual([1]);
  expect(visibleVariants(report, toggleVariant(report, one, 1))).toEqual([1]);
  expect(visibleVariants(report, toggleVariant(report, one, 0))).toEqual([0, 1]);
});

test("the first panel shows what the reader chose, the others what they are for", () => {
  const report = smallReport();
  const chosen = panels.map((panel) => chosenMeasure(panel, stateOf(report, { measure: "cosine" })));
  expect(chosen).toEqual(["cosine", "sparsity", "bitsPerWeight"]);
  // A measure that the panel does not have, as settings of another version may hold.
  expect(chosenMeasure(panels[0], stateOf(report, { measure: "entropyBits" }))).toBe("sqnrDb");
});

test("kinds with how many layers each has; the worst of the variants that are on", () => {
  expect(kindsOf(miniLmReport().layers)).toContainEqual({ kind: "query", count: 6 });
  expect([suggestedLayout(miniLmReport()), suggestedLayout(deepReport())]).toEqual(["layers", "map"]);
  const [exact, , lost] = losslessReport().layers;
  expect(worstOf(exact, [0], "sqnrDb")).toBe(-Infinity);
  expect(worstOf(lost, [0, 1], "sqnrDb")).toBe(400);
  expect(worstOf(lost, [], "sqnrDb")).toBe(-Infinity);
});
