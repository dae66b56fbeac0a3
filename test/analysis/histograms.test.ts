import { histograms } from "../../kernel/analysis/histograms";
import { CancelledError, OptionError } from "../../kernel/errors";
import { displaySymbol } from "../../kernel/static/display";
import { hostileNames } from "../fixtures/report/reports";
import { toy } from "../static/models";

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

test("a tensor that hands out its own array keeps it", async () => {
  const model = toy();
  const values = Float32Array.from({ length: 20 }, (_, i) => i);
  const tensor = Object.create(model.tensor("wte.weight"), {
    read: { value: () => Promise.resolve(values) },
  }) as object;
  const view = await histograms(Object.create(model, { tensors: { value: [tensor] } }) as typeof model, { bins: 4 });
  expect(view.tensors[0].histogram?.counts).toEqual([5, 5, 5, 5]);
  expect([values.length, values[19]]).toEqual([20, 19]);
});
