import { fromArrays } from "../../kernel/formats/arrays";
import { linear } from "../../kernel/quantize";
import { compare } from "../../kernel/recipe/compare";
import { compress } from "../../kernel/recipe/compress";
import { leftAlone, leftAloneByAll } from "../../kernel/recipe/left-alone";

const array = (...shape: number[]) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, values: Float32Array.from({ length }, (_, i) => Math.sin(i + 1)) };
};
const model = fromArrays({
  "blocks.0.fc.weight": array(4, 6),
  "blocks.0.norm.weight": array(6),
  "blocks.0.attn.rel_pos_h": array(5, 4),
  "blocks.1.attn.rel_pos_h": array(5, 4),
  cls_token: array(1, 1, 6),
});

test("a report lists what was left alone with its reason and the pattern that takes it, and the pattern does", async () => {
  const { report } = await compress(model, linear({ bits: 8 }), { workers: 1 });
  expect(report.layers.map(({ name }) => name)).toEqual(["blocks.0.fc.weight"]);
  expect(report.leftAlone).toEqual({
    tensors: 3,
    parameters: 46,
    groups: [
      {
        role: "buffer",
        reason: "a table of relative positions",
        tensors: 2,
        parameters: 40,
        names: ["blocks.0.attn.rel_pos_h", "blocks.1.attn.rel_pos_h"],
        pattern: "blocks.{0,1}.attn.rel_pos_h",
      },
      {
        role: "buffer",
        reason: "learned tokens",
        tensors: 1,
        parameters: 6,
        names: ["cls_token"],
        pattern: "cls_token",
      },
    ],
  });
  const pattern = report.leftAlone?.groups[0].pattern ?? "";
  const other = await compress(model, linear({ bits: 8 }), { only: pattern, workers: 1 });
  expect(other.report.layers.map(({ name, role }) => [name, role])).toEqual([
    ["blocks.0.attn.rel_pos_h", "buffer"],
    ["blocks.1.attn.rel_pos_h", "buffer"],
  ]);
  expect(other.report.leftAlone).toBeUndefined();
  const both = await compare({ a: await compress(model, linear({ bits: 4 }), { workers: 1 }), b: report });
  expect(both.leftAlone).toEqual(report.leftAlone);
});

test("a glob with wildcards takes no table, and says so", async () => {
  const { report } = await compress(model, linear({ bits: 8 }), { only: "blocks.0.**", workers: 1 });
  expect(report.layers).toHaveLength(1);
  expect(report.leftAlone?.tensors).toBe(1);
});

test("what every report left alone is left alone by all; of others nothing is said", () => {
  const all = leftAlone(
    model,
    () => true,
    () => false,
  );
  expect(leftAloneByAll([all, all])).toEqual(all);
  expect(leftAloneByAll([all, undefined])).toBeUndefined();
  expect(leftAloneByAll([])).toBeUndefined();
});
