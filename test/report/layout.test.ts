import {
  arrangementOf,
  colourDomain,
  decibelDomain,
  groupByBlock,
  modelMap,
  shareColourDomain,
  worstLayers,
} from "../../kernel/report/layout";
import {
  formatBits,
  formatBytes,
  formatCount,
  formatDecibels,
  formatNumber,
  formatPercent,
  formatShape,
  formatShort,
  niceTicks,
} from "../../kernel/report/numbers";
import { shortenMiddle, visibleText } from "../../kernel/report/labels";
import { cividis, scaleColour, variantColours, variantSymbols } from "../../kernel/report/colours";
import { placeOf } from "../../kernel/tensor/layer-names";
import { deepReport, losslessReport, miniLmReport, namelessReport } from "../fixtures/report/reports";

const places = (names: string[]) => names.map(placeOf);

test("blocks by number, not by letters; ends at the ends; data order inside a block", () => {
  const names =
    "lm_head.weight model.embed_tokens.weight model.layers.10.mlp.down_proj.weight model.layers.10.self_attn.v_proj.weight model.layers.10.self_attn.q_proj.weight model.layers.2.self_attn.q_proj.weight model.norm.weight".split(
      " ",
    );
  const groups = groupByBlock(places(names));
  expect(groups.map((group) => group.block)).toEqual(["embed", "block 2", "block 10", "head"]);
  expect(groups[2].layers.map((at) => names[at].split(".")[4])).toEqual(["q_proj", "v_proj", "down_proj"]);
});

test("encoder before decoder; names without a block stay where the file has them", () => {
  const names = [
    "x.weight",
    "decoder.block.0.layer.0.SelfAttention.q.weight",
    "encoder.block.1.layer.0.SelfAttention.q.weight",
    "encoder.block.0.layer.0.SelfAttention.q.weight",
  ];
  expect(groupByBlock(places(names)).map((group) => group.block)).toEqual(["", "encoder 0", "encoder 1", "decoder 0"]);
});

test("every layer is in the map once", () => {
  for (const report of [deepReport(), miniLmReport(), namelessReport()]) {
    const map = modelMap(report.layers);
    const found = map.cells.flat().filter((at) => at !== null);
    expect([...found].sort((a, b) => a - b)).toEqual(report.layers.map((_, at) => at));
    for (const row of map.cells) expect(row).toHaveLength(map.columns.length);
  }
  const deep = modelMap(deepReport().layers);
  expect(deep.byBlock).toBe(true);
  expect(deep.rows.slice(0, 8)).toEqual(["word", "query", "key", "value", "attention.output", "gate", "up", "down"]);
  expect(deep.columns.slice(0, 3).map((column) => column.label)).toEqual(["embed", "0", "1"]);
  expect(modelMap(namelessReport().layers)).toMatchObject({ byBlock: false, rows: ["1–30", "31–60", "61–90"] });
});

test("layers of the same kind in one block get rows of their own", () => {
  const same = { block: "block 0", blockIndex: 0, kind: "query" };
  expect(modelMap([same, same, same]).rows).toEqual(["query", "query (2)", "query (3)"]);
});

test("rows up to sixty layers, then the map", () => {
  expect([0, 60, 61].map(arrangementOf)).toEqual(["rows", "rows", "map"]);
});

test("the worst layers: each once, worst first, without those that lost nothing", () => {
  const report = losslessReport();
  const worst = worstLayers(report);
  expect(worst[0]).toMatchObject({ sqnrDb: -400, variant: 1 });
  expect(new Set(worst.map(({ layer }) => layer.name)).size).toBe(worst.length);
  expect(worst.map((w) => w.sqnrDb)).toEqual([...worst.map((w) => w.sqnrDb)].sort((a, b) => a - b));
  expect(decibelDomain(report)).toMatchObject({ minimum: -20, lossless: true });
});

test("colour is clipped only by what lies far outside", () => {
  const even = Array.from({ length: 101 }, (_, k) => k);
  expect(colourDomain(even)).toEqual({ minimum: 0, maximum: 100, clipped: false });
  expect(colourDomain([...even, -400])).toMatchObject({ minimum: 1, clipped: true });
  expect(colourDomain([])).toEqual({ minimum: 0, maximum: 1, clipped: false });
  expect(shareColourDomain([even, even.map((v) => v + 50)])).toBe(true);
  expect(shareColourDomain([even, [500, 501]])).toBe(false);
});

test("numbers: three digits, thousands, powers of two", () => {
  expect([0, 20.76, 0.00452, 1234.5, 45.2e-6, -0.5, 999.6, 5e6, NaN, -Infinity].map(formatNumber)).toEqual([
    "0",
    "20.8",
    "0.00452",
    "1,230",
    "4.52e−5",
    "−0.500",
    "1,000",
    "5.00e6",
    "NaN",
    "−∞",
  ]);
  expect([589824, 0, -1234].map(formatCount)).toEqual(["589,824", "0", "−1,234"]);
  expect([9999, 22713216, 134515008, 7.24e9].map(formatShort)).toEqual(["9,999", "22.7 M", "135 M", "7.24 B"]);
  expect([0, 999, 1023, 1024, 90852864, 13.4 * 2 ** 30].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "0.999 KiB",
    "1.00 KiB",
    "86.6 MiB",
    "13.4 GiB",
  ]);
  expect([null, 20.77, -0.54].map(formatDecibels)).toEqual(["∞", "20.8", "−0.5"]);
  expect([formatPercent(0.4378), formatBits(4.7099), formatShape([1536, 384]), formatShape([])]).toEqual([
    "43.8",
    "4.71",
    "1536 × 384",
    "scalar",
  ]);
  expect(niceTicks(0, 21.3, 5)).toEqual([0, 5, 10, 15, 20]);
  expect(niceTicks(-20, 20, 4)).toEqual([-20, -10, 0, 10, 20]);
  expect(niceTicks(3, 3)).toEqual([3]);
});

test("names: cut in the middle, invisible characters written out", () => {
  expect(shortenMiddle("encoder.layer.0.attention.self.query.weight", 20)).toBe("encoder…query.weight");
  expect(shortenMiddle("short", 20)).toBe("short");
  expect(shortenMiddle("long", 1)).toBe("…");
  expect(visibleText("a\u202eb\u0000\ud800 é 名 😀")).toBe("a\\u{202e}b\\u{0}\\u{d800} é 名 😀");
});

test("colours: a scale runs from end to end; as many marks as colours", () => {
  expect([scaleColour(0), scaleColour(1), scaleColour(-3), scaleColour(7)]).toEqual([
    cividis[0],
    cividis[17],
    cividis[0],
    cividis[17],
  ]);
  expect(variantSymbols).toHaveLength(variantColours.length);
  const luminance = cividis.map((c) =>
    [1, 3, 5]
      .map((k) => parseInt(c.slice(k, k + 2), 16))
      .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0),
  );
  expect(luminance).toEqual([...luminance].sort((a, b) => a - b));
});
