import { withRoles } from "../../kernel/network";
import { open } from "../../kernel/open/open";
import type { ModelView } from "../../kernel/report/model";
import { displaySymbol, modelBundle, modelView } from "../../kernel/static/display";
import { modelToHtml, modelToText } from "../../kernel/static/model-table";
import { fromArrays } from "../../kernel/tensor/memory";
import { itWith, miniLm } from "../references";
import { array, toy } from "./models";

test("a large model is folded by block in HTML and shortened in text", () => {
  const arrays = Object.fromEntries(
    Array.from({ length: 120 }, (_, k) => [
      `blk.${k >> 2}.${["attn_q", "attn_k", "ffn_up", "ffn_down"][k & 3]}.weight`,
      array([2, 2], () => 1),
    ]),
  );
  const bundle = modelBundle(modelView(fromArrays(arrays)));
  expect(String(bundle["text/html"]).match(/<details><summary>/g)).toHaveLength(30);
  expect(String(bundle["text/plain"])).toContain("… 90 more lines; model.tensors lists all 120 tensors …");
});

test("text and HTML list every tensor once, under its block", () => {
  const view = modelView(toy());
  const text = modelToText(view);
  const html = modelToHtml(view);
  expect(text.indexOf("embed: 1 tensor")).toBeLessThan(text.indexOf("h.0.attn.c_attn.weight"));
  expect(html.match(/<tr>/g)).toHaveLength(2 + 1 + 3 + view.tensors.length);
  expect(html).not.toMatch(/<img|<script/);
});

test("element types stand by their bytes, the largest first, by name where they have as many", () => {
  const view = modelView(fromArrays({ a: array([2, 4], () => 1) }));
  const [tensor] = view.tensors;
  const of = (dtype: string, bytes: number) => ({ ...tensor, name: dtype, dtype, bytes });
  const tensors = [of("F16", 20), of("BF16", 20), of("I8", 40), of("F32", 20), of("I8", 20)];
  const lines = modelToText({ ...view, tensors })
    .split("\n")
    .slice(2, 7);
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["dtype", "tensors", "parameters", "bytes", "of the model"],
    ["I8", "2", "16", "60 B", "50.0 %"],
    ["BF16", "1", "8", "20 B", "16.7 %"],
    ["F16", "1", "8", "20 B", "16.7 %"],
    ["F32", "1", "8", "20 B", "16.7 %"],
  ]);
});

itWith(miniLm)("all-MiniLM-L6-v2 as it is opened", async () => {
  const model = await open(miniLm);
  const text = String(
    (model as typeof model & ModelView & { [displaySymbol](): Record<string, unknown> })[displaySymbol]()["text/plain"],
  );
  expect(text).toContain("22.7 M parameters");
  expect(text).toMatch(/block 5: 16 tensors, 1,774,464 parameters, 6\.77 MiB/);
  expect(text).toMatch(/I64 +1 +512 +4\.00 KiB/);
});

test("roles stand in a column of their own, and in a line what is no weight", () => {
  const model = withRoles(fromArrays({ "fc1.weight": array([2, 4], () => 1), pos_embed: array([1, 2, 4], () => 1) }));
  const text = modelToText(modelView(model));
  expect(text).toContain("weights: 1 tensor, 8 parameters · no weights: 1 tensor, 8 parameters (buffer 1)");
  expect(text).toMatch(/fc1\.weight +2 × 4 +F32 +linear/);
  const html = modelToHtml(modelView(model));
  expect(html).toContain('<span title="a table of positions"><i>buffer</i></span>');
  expect(modelToText(modelView(fromArrays({ "fc1.weight": array([2, 4], () => 1) })))).not.toContain("role");
});
