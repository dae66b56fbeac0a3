import type { PlannedLayer, SavePlan } from "../../kernel/save/save-plan";
import { planBundle, summaryOf, summaryToHtml, summaryToText } from "../../kernel/save/save-summary";
import { displaySymbol } from "../../kernel/static/display";

function layer(name: string, shape: number[], more: Partial<PlannedLayer>): PlannedLayer {
  const bytes = more.bytes ?? 0;
  return { name, shape, held: "packed", as: "int4 g64", tensors: [], bytes, ...more };
}
const plain = { held: "plain", as: "F32", reason: "it is an <embedding>" } as const;
const plan: SavePlan = {
  form: "compressed-tensors folder",
  engine: "transformers, vLLM",
  layers: [
    layer("wte.weight", [67, 32], { ...plain, bytes: 8576 }),
    layer("h.0.up.weight", [64, 64], { bytes: 2304 }),
    layer("h.0.down.weight", [64, 64], { bytes: 2304 }),
    layer("ln.weight", [32], { held: "as it was", as: "BF16", bytes: 64 }),
  ],
  bytes: 13_500,
};
const written = { bytes: 13_500, files: ["model.safetensors", "config.json"] };

test("text: kinds of layers first, then what is plain though quantized, and why", () => {
  expect(summaryToText(summaryOf(plan, "small/", written))).toBe(
    [
      "small/ · compressed-tensors folder for transformers, vLLM · 13.2 KiB (13,500 bytes)",
      "",
      "held       as        layers  weights     bytes",
      "packed     int4 g64       2    8,192  4.50 KiB",
      "plain      F32            1    2,144  8.38 KiB",
      "as it was  BF16           1       32      64 B",
      "",
      "plain though quantized, because it is an <embedding>: 1 layer, 8.38 KiB",
      "  wte.weight  67 × 32  F32  8.38 KiB",
      "",
      "files: model.safetensors, config.json",
    ].join("\n"),
  );
});

test("layers that have another type than their own stand behind them, with the reason", () => {
  const wide = layer("ln.bias", [32], { held: "plain", as: "F32", retyped: "it has no BF16", bytes: 128 });
  const text = summaryToText(summaryOf({ ...plan, layers: [wide, ...plan.layers] }, "small/", written));
  expect(text).toContain(
    "8.38 KiB\n\nin another type, because it has no BF16: 1 layer, 128 B\n  ln.bias  32  F32  128 B",
  );
});

test("many layers of one reason: the first twelve, and how many more", () => {
  const many = Array.from({ length: 20 }, (_, i) => layer(`l.${i}`, [2, 2], { ...plain, bytes: 16 }));
  const text = summaryToText(summaryOf({ ...plan, layers: many }, "small/", written));
  expect(text).toContain("  l.11  2 × 2  F32  16 B\n  … and 8 more; .layers lists all");
  expect(text).not.toContain("l.12");
  expect(summaryToHtml(summaryOf({ ...plan, layers: many }, "small/", written))).toContain("<code>l.19</code>");
});

test("HTML: names and reasons are text", () => {
  const html = summaryToHtml(summaryOf(plan, "<b>/", written));
  expect(html).toContain("<code>&lt;b&gt;/</code> compressed-tensors folder for transformers, vLLM");
  expect(html).toContain("because it is an &lt;embedding&gt;: 1 layer, 8.38 KiB");
  expect(html).not.toMatch(/<b>|<script|class=/);
});

test("a cell shows it, JSON is the plain data, and nothing changes it", () => {
  const summary = summaryOf(plan, "small/", written);
  expect(Object.keys(summary[displaySymbol]()).sort()).toEqual(["text/html", "text/plain"]);
  expect(JSON.parse(JSON.stringify(summary))).toEqual({ path: "small/", ...plan, files: written.files });
  expect(() => Object.assign(summary, { bytes: 1 })).toThrow(TypeError);
});

test("the line before it is written", () => {
  expect(planBundle(plan, "small/")).toEqual({
    "text/plain":
      "small/: compressed-tensors folder for transformers, vLLM, 13.2 KiB (13,500 bytes); 2 layers packed (int4 g64), 1 layer plain (F32), 1 layer as it was (BF16)",
  });
});
