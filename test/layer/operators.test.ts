import { huffman } from "../../kernel/encode/huffman";
import { kindOfStep, labelOf, targetBitsOf, isGlobal } from "../../kernel/layer/operators";
import { heads } from "../../kernel/prune/heads";
import { magnitude } from "../../kernel/prune/magnitude";
import { linear } from "../../kernel/quantize/linear";
import { nf4 } from "../../kernel/quantize/nf4";

test("a step prunes, quantizes or encodes", () => {
  expect([magnitude({ sparsity: 0.5 }), heads({ keep: 1 }), linear({ bits: 4 }), huffman()].map(kindOfStep)).toEqual([
    "prune",
    "prune",
    "quantize",
    "encode",
  ]);
  expect(() => kindOfStep({ kind: "lineer" } as never)).toThrow(
    'compress(): no step is called "lineer"; did you mean "linear"?',
  );
  expect(() => kindOfStep({ kind: "something else" } as never)).toThrow("there are magnitude, ");
});

test("a step has the label of its method", () => {
  expect([labelOf(linear({ bits: 4 })), labelOf(heads({ sparsity: 0.25 })), labelOf(huffman())]).toEqual([
    "linear 4-bit g128",
    "heads 25 %",
    "huffman",
  ]);
});

test("bits to meet are those of linear and trellis that aim at some", () => {
  expect(targetBitsOf(linear({ targetBits: 3 }))).toBe(3);
  expect([targetBitsOf(linear({ bits: 4 })), targetBitsOf(nf4())]).toEqual([undefined, undefined]);
});

test("pruning over all layers is that by magnitude with that scope", () => {
  expect(isGlobal(magnitude({ sparsity: 0.5, scope: "global" }))).toBe(true);
  expect(
    [magnitude({ sparsity: 0.5 }), heads({ sparsity: 0.5, scope: "global" }), linear({ bits: 4 })].map(isGlobal),
  ).toEqual([false, false, false]);
});
