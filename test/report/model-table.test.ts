import { CancelledError, OptionError } from "../../kernel/errors";
import { fromArrays as shownArrays } from "../../kernel/formats/arrays";
import { open } from "../../kernel/open/open";
import { histograms } from "../../kernel/analysis/histograms";
import { displayModel, displaySymbol, modelBundle, modelView } from "../../kernel/static/display";
import { histogramToSvg, histogramToText } from "../../kernel/static/svg-sparkline";
import { viewMimeType } from "../../kernel/report/types";
import type { ModelView } from "../../kernel/report/types";
import { fromArrays } from "../../kernel/tensor/memory";
import { hostileNames } from "../fixtures/report/reports";
import { itWith, miniLm } from "../references";

const array = (shape: number[], value: (i: number) => number) => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
});

const toy = () =>
  fromArrays(
    {
      "h.0.attn.c_attn.weight": array([4, 12], (i) => i - 24),
      "h.0.attn.c_attn.bias": array([12], () => 0),
      "wte.weight": array([5, 4], () => 1),
      [hostileNames[0]]: array([3, 7], (i) => [NaN, Infinity, 1][i % 3]),
    },
    { name: "toy" },
  );

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

test("histograms on demand: weights by default, non-finite values left out, progress in weights", async () => {
  const seen: [number, number, string | undefined][] = [];
  const view = await histograms(toy(), { bins: 8, onProgress: (p) => seen.push([p.done, p.total, p.item]) });
  const [qkv, bias, word, odd] = view.tensors;
  expect(bias.histogram).toBeUndefined();
  // −24…23 over eight bins of equal width 47/8.
  expect(qkv.histogram).toEqual({ minimum: -24, maximum: 23, counts: [6, 6, 6, 6, 6, 6, 6, 6], below: 0, above: 0 });
  expect(word.histogram?.counts.reduce((a, b) => a + b, 0)).toBe(20);
  expect(odd.histogram?.counts.reduce((a, b) => a + b, 0)).toBe(7);
  expect(seen).toEqual([
    [0, 89, "h.0.attn.c_attn.weight"],
    [48, 89, "wte.weight"],
    [68, 89, hostileNames[0]],
    [89, 89, undefined],
  ]);
  const bundle = view[displaySymbol]();
  expect(
    String(bundle["text/html"]).match(
      /<img alt="[^"<>]*" src="data:image\/svg\+xml;base64,[\w+/=]*" width="120" height="22">/g,
    ),
  ).toHaveLength(3);
  expect(String(bundle["text/plain"])).toContain("│█ █ █ █ █ █ █ █ │");
  expect(Object.isFrozen(view.tensors)).toBe(true);
});

test("histograms: only, wrong words, cancel", async () => {
  const view = await histograms(toy(), { only: "h.*.attn.**" });
  expect(view.tensors.map((tensor) => tensor.histogram !== undefined)).toEqual([true, true, false, false]);
  await expect(histograms(toy(), { only: "nothing.*" })).rejects.toThrow(OptionError);
  await expect(histograms(toy(), { bin: 3 } as object)).rejects.toThrow('did you mean "bins"?');
  const stop = new AbortController();
  const run = histograms(toy(), { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(run).rejects.toThrow(CancelledError);
});

test("a sparkline: the outline of the bins, a tick at zero, and the share outside in words", () => {
  const histogram = { minimum: -1, maximum: 3, counts: [1, 4, 2, 0], below: 1, above: 0 };
  const svg = histogramToSvg(histogram);
  expect(svg).toContain('d="M0 19V14.5H30V1H60V10H90V19H120V19z"');
  expect(svg).toContain('d="M30 19v3"');
  expect(svg).toContain("−1.00 to 3.00, 12.5 % of the weights outside");
  expect(histogramToText(histogram)).toBe("▃   █   ▅       ");
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
