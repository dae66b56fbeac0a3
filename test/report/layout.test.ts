import { arrangementOf, groupByBlock, modelMap } from "../../kernel/report/layout";
import { placeOf } from "../../kernel/tensor/layer-names";
import { deepReport, miniLmReport, namelessReport } from "../fixtures/report/reports";

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

test("in a block: attention, cross attention, experts as their parts, what is not known, norms; a bias behind its weight", () => {
  const order = [
    "query",
    "query.bias",
    "value",
    "cross.query",
    "cross.query.bias",
    "router",
    "shared.gate",
    "expert 1.up",
    "decoder.down",
    "down.bias",
    "zebra",
    "attention.norm",
    "experts.norm",
  ];
  const shuffled = [...order].reverse().map((kind) => ({ block: "block 0", blockIndex: 0, kind }));
  const [{ layers }] = groupByBlock(shuffled);
  expect(layers.map((at) => shuffled[at].kind)).toEqual(order);
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
