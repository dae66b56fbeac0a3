import { fromArrays as shownArrays } from "../../kernel/formats/arrays";
import { viewMimeType } from "../../kernel/report/types";
import {
  bundleOf,
  displayed,
  displayModel,
  displayReport,
  displaySymbol,
  modelView,
  reportBundle,
} from "../../kernel/static/display";
import * as reports from "../fixtures/report/reports";
import { array, toy } from "./models";

test("a model's view: places, shapes, bytes; no values", () => {
  const view = modelView(toy());
  expect(view.model).toEqual({ name: "toy", format: "memory", parameters: 101, bytes: 404 });
  expect(view.tensors[0]).toEqual({
    name: "h.0.attn.c_attn.weight", shape: [4, 12], dtype: "F32", parameters: 48, bytes: 192,
    block: "block 0", blockIndex: 0, kind: "qkv",
  }); // prettier-ignore
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
});

test("a model shows itself as a table by block, with totals by type", () => {
  const model = displayModel(toy());
  expect(Object.keys(model)).toEqual(Object.keys(toy()));
  const bundle = model[displaySymbol]();
  expect(Object.keys(bundle)).toEqual([viewMimeType, "text/html", "text/plain"]);
  const text = String(bundle["text/plain"]).split("\n");
  expect(text[0]).toBe("toy · 101 parameters · 404 B · memory");
  expect(text[3]).toMatch(/^F32 +4 +101 +404 B +100\.0 %$/);
  expect(text).toContain("embed: 1 tensor, 20 parameters, 80 B");
  expect(text).toContain("block 0: 2 tensors, 60 parameters, 240 B");
  const html = String(bundle["text/html"]);
  expect(html).toContain("<code>&lt;img src=x onerror=alert(1)&gt;</code>");
  expect(html).not.toMatch(/<img|<script|class=/);
  expect(displayModel(model)).toBe(model);
});

test("models from arrays and from files show themselves", () => {
  const bundle = shownArrays({ "fc.weight": array([2, 3], () => 0) }, { name: "tiny" })[displaySymbol]();
  expect(bundle["text/plain"]).toContain("tiny · 6 parameters · 24 B · memory");
});

test("a value shows itself in three forms that JSON does not see", () => {
  const value = displayed({ kind: "toy", list: [1] }, (data) =>
    bundleOf(
      data,
      () => "<p>",
      ({ list }) => String(list),
    ),
  );
  expect(value[displaySymbol]()).toEqual({ [viewMimeType]: value, "text/html": "<p>", "text/plain": "1" });
  expect(JSON.stringify(value)).toBe('{"kind":"toy","list":[1]}');
  expect(Object.isFrozen(value.list)).toBe(true);
});

test("gives the same plain JSON, frozen, with a bundle that JSON does not see", () => {
  const report = reports.smallReport();
  const shown = displayReport(report);
  expect(JSON.stringify(shown)).toBe(JSON.stringify(report));
  expect(Object.keys(shown)).toEqual(Object.keys(report));
  expect(Object.isFrozen(shown) && Object.isFrozen(shown.layers[0].variants[0])).toBe(true);
  const bundle = shown[displaySymbol]();
  expect(Object.keys(bundle)).toEqual([viewMimeType, "text/html", "text/plain"]);
  expect(bundle[viewMimeType]).toEqual(report);
  expect(JSON.stringify(displayReport(shown))).toBe(JSON.stringify(report));
});

test("300 layers × 2 variants are under 1 MB in all", () => {
  expect(Buffer.byteLength(JSON.stringify(reportBundle(reports.deepReport())))).toBeLessThan(1_000_000);
});
