import * as codebook from "../../kernel";
import { OptionError } from "../../kernel/errors";
import { coders } from "../../kernel/encode";
import { pruners, structuralPruners } from "../../kernel/prune";
import { quantizers } from "../../kernel/quantize";
import { checkedStep } from "../../kernel/recipe/checked-step";

const { linear, magnitude, planes, rans } = codebook;

/** Steps of every method, with options that leave traces. */
const steps = [
  linear({ bits: 4 }),
  linear({ bits: 3, symmetric: false, per: "channel", range: "percentile", percentile: 99 }),
  linear({ step: 0.01 }),
  linear({ targetBits: 3 }),
  codebook.meanConstrained({ bits: 2, group: 32 }),
  codebook.sorted({ bits: 4, refine: "lloyd" }),
  codebook.kMeans({ bits: 3 }),
  codebook.hqq(),
  codebook.int({ bits: 4, symmetric: false }),
  codebook.nf4({ doubleQuant: true }),
  codebook.fp4(),
  codebook.fp8(),
  codebook.mxfp4(),
  codebook.mxfp8(),
  codebook.nvfp4(),
  codebook.ternary({ method: "twn", group: 64 }),
  codebook.trellis({ targetBits: 3 }),
  codebook.trellis({ step: 0.5, states: 4 }),
  codebook.ggml({ type: "Q4_K", importance: { a: [1, 2] } }),
  codebook.ggml({ mix: "Q4_K_M" }),
  magnitude({ sparsity: 0.5, scope: "global" }),
  codebook.edges({ n: 2, m: 4 }),
  codebook.edges({ block: [2, 2], sparsity: 0.5 }),
  codebook.lowRank({ energy: 0.9 }),
  codebook.nodes({ sparsity: 0.25, scope: "global" }),
  codebook.nodes({ keep: 3, remove: false }),
  codebook.heads({ keep: 2, heads: 4 }),
  codebook.layers({ drop: [1, 0] }),
  codebook.layers({ keep: 2, by: "every" }),
  codebook.merge({ keep: 2, chain: ["a", "b"] }),
  codebook.huffman(),
  codebook.horner(),
  codebook.zstd(),
  rans({ tableBits: 12, adaptive: true }),
  planes({ coder: rans({ streams: 2 }) }),
  codebook.delta({ type: "BF16" }),
];

test.each(steps.map((step) => [step.kind, step] as const))(
  "a step of %s is the same after JSON and its check",
  (_, step) => {
    expect(checkedStep(JSON.parse(JSON.stringify(step)))).toEqual(step);
  },
);

test("every method is among them", () => {
  const kinds = new Set(steps.map(({ kind }) => kind as string));
  const known = [quantizers, pruners, structuralPruners, coders].flatMap((registry) => [...registry.keys()]);
  expect(known.filter((kind) => !kinds.has(kind))).toEqual([]);
});

test("what a hand-written step leaves out has its default", () => {
  expect(checkedStep({ kind: "linear", bits: 4 })).toEqual(linear({ bits: 4 }));
});

test.each<[string, unknown, string]>([
  ["a value out of range", { kind: "rans", tableBits: 99 }, "rans(): tableBits is 99"],
  ["a missing option", { kind: "magnitude", scope: "global" }, "magnitude(): sparsity is undefined"],
  ["a misspelt option", { kind: "linear", bit: 4 }, 'linear(): unknown option "bit"; did you mean "bits"?'],
  ["a coder within a coder", { kind: "planes", coder: { kind: "rans", tableBits: 99 } }, "tableBits is 99"],
  ["two options that exclude each other", { kind: "linear", step: 0.1, per: "channel" }, "step and per exclude"],
  ["an unknown kind", { kind: "lineer" }, 'did you mean "linear"?'],
  ["the name of a function that is no method", { kind: "quantize" }, 'no step is called "quantize"'],
  ["a function", linear, "linear is a function; call it: linear({ … })"],
  ["null", null, "null is no step"],
])("%s is refused at once", (_, step, text) => {
  expect(() => checkedStep(step)).toThrow(OptionError);
  expect(() => checkedStep(step)).toThrow(text);
});
