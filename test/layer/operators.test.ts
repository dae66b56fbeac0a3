import {
  delta,
  edges,
  fp4,
  fp8,
  ggml,
  heads,
  horner,
  hqq,
  huffman,
  int,
  kMeans,
  layers,
  linear,
  lowRank,
  magnitude,
  meanConstrained,
  merge,
  mxfp4,
  mxfp8,
  nf4,
  nodes,
  nvfp4,
  planes,
  rans,
  sorted,
  ternary,
  trellis,
  zstd,
  type Step,
} from "../../kernel";
import { coders } from "../../kernel/encode";
import {
  atSize,
  floatStepOf,
  isStoredAs,
  kindOfStep,
  labelOf,
  pruneAtShared,
  sharedSparsityOf,
  stepByTensor,
  targetBitsOf,
} from "../../kernel/layer/operators";
import { isStructural, pruners, structuralPruners } from "../../kernel/prune";
import { quantizers } from "../../kernel/quantize";

/** What a step's method says of it; what is left out is false, or none. */
interface Facts {
  readonly step: Step;
  readonly kind: ReturnType<typeof kindOfStep>;
  readonly targetBits?: number;
  readonly sharedSparsity?: number;
  readonly isStructural?: boolean;
  readonly isSequential?: boolean;
  readonly storedAs?: string;
  /** How floats of BF16 are coded, where not plane by plane. */
  readonly floatStep?: Step;
}

const facts: readonly Facts[] = [
  { step: edges({ fanIn: 1 }), kind: "prune" },
  { step: lowRank({ rank: 1 }), kind: "prune" },
  { step: magnitude({ sparsity: 0.25 }), kind: "prune" },
  { step: magnitude({ sparsity: 0.25, scope: "row" }), kind: "prune" },
  { step: magnitude({ sparsity: 0.25, scope: "global" }), kind: "prune", sharedSparsity: 0.25 },
  { step: nodes({ sparsity: 0.5 }), kind: "prune", isStructural: true },
  { step: nodes({ sparsity: 0.5, remove: false }), kind: "prune" },
  { step: heads({ sparsity: 0.5 }), kind: "prune", isStructural: true },
  { step: layers({ drop: [0] }), kind: "prune", isStructural: true },
  { step: merge({ sparsity: 0.5 }), kind: "prune", isStructural: true },
  { step: fp4(), kind: "quantize" },
  { step: fp8(), kind: "quantize" },
  { step: ggml({ type: "Q4_K" }), kind: "quantize", storedAs: "Q4_K" },
  { step: ggml({ mix: "Q4_K_M" }), kind: "quantize" },
  { step: hqq({ bits: 4 }), kind: "quantize" },
  { step: int({ bits: 4 }), kind: "quantize" },
  { step: kMeans({ bits: 4 }), kind: "quantize" },
  { step: linear({ bits: 4 }), kind: "quantize" },
  { step: linear({ step: 0.5 }), kind: "quantize" },
  { step: linear({ targetBits: 3 }), kind: "quantize", targetBits: 3 },
  { step: meanConstrained({ bits: 2 }), kind: "quantize" },
  { step: mxfp4(), kind: "quantize" },
  { step: mxfp8(), kind: "quantize" },
  { step: nf4(), kind: "quantize" },
  { step: nvfp4(), kind: "quantize" },
  { step: sorted({ bits: 4 }), kind: "quantize" },
  { step: ternary(), kind: "quantize" },
  { step: trellis({ step: 0.5 }), kind: "quantize", isSequential: true },
  { step: trellis({ targetBits: 2.5 }), kind: "quantize", targetBits: 2.5, isSequential: true },
  { step: delta(), kind: "encode" },
  { step: horner(), kind: "encode" },
  { step: huffman(), kind: "encode" },
  { step: planes(), kind: "encode", floatStep: planes({ type: "BF16" }) },
  { step: planes({ coder: rans() }), kind: "encode", floatStep: planes({ type: "BF16", coder: rans() }) },
  { step: rans(), kind: "encode" },
  { step: zstd(), kind: "encode", floatStep: zstd() },
];

it("speaks of every method", () => {
  const registered = [...pruners, ...structuralPruners, ...quantizers, ...coders].map(([kind]) => kind);
  expect([...new Set(facts.map(({ step }) => step.kind))].sort()).toEqual(registered.sort());
});

it.each(facts.map((fact) => [labelOf(fact.step), fact] as const))("%s says of itself what it is", (_, fact) => {
  const { step } = fact;
  expect(kindOfStep(step)).toBe(fact.kind);
  expect(targetBitsOf(step)).toBe(fact.targetBits);
  expect(sharedSparsityOf(step)).toBe(fact.sharedSparsity);
  expect(isStructural(step)).toBe(fact.isStructural ?? false);
  expect(quantizers.get(step.kind)?.isSequential ?? false).toBe(fact.isSequential ?? false);
  for (const dtype of ["F32", "F16", "Q4_K", "Q8_0"]) expect(isStoredAs(step, dtype)).toBe(dtype === fact.storedAs);
  if (fact.kind === "encode" && step.kind !== "delta")
    expect(floatStepOf(step, "BF16")).toEqual(fact.floatStep ?? planes({ type: "BF16", coder: step }));
});

it("a target gives way to a size, and the other options stay", () => {
  expect(atSize(linear({ targetBits: 3 }), 0.5)).toEqual(linear({ step: 0.5 }));
  expect(atSize(trellis({ targetBits: 3, states: 64 }), 0.5)).toEqual(trellis({ step: 0.5, states: 64 }));
  for (const step of [linear({ bits: 4 }), trellis({ step: 0.25 }), rans(), magnitude({ sparsity: 0.5 })])
    expect(atSize(step, 0.5)).toBe(step);
});

it("a mixture chooses by the tensor; other steps are the same for all", () => {
  const tensors = [
    { name: "blk.0.attn_q.weight", shape: [256, 256] },
    { name: "blk.0.attn_norm.weight", shape: [256] },
    { name: "blk.0.ffn_down.weight", shape: [256, 32] },
  ];
  const own = stepByTensor(ggml({ mix: "Q4_K_M" }), tensors);
  expect(tensors.map((tensor) => own(tensor))).toEqual([
    ggml({ type: "Q4_K" }),
    undefined,
    { kind: "ggml", type: "Q8_0", insteadOf: "Q6_K" },
  ]);
  // The rows of a matrix (in, out) are as long as it has inputs.
  const turned = { name: "h.0.mlp.c_proj.weight", shape: [32, 256], axes: { output: [1], input: [0], stacked: [] } };
  expect(stepByTensor(ggml({ type: "Q4_0" }), [turned])(turned)).toEqual(ggml({ type: "Q4_0" }));
  expect(stepByTensor(ggml({ type: "Q4_K" }), [turned])(turned)).toMatchObject({ insteadOf: "Q4_K" });
  const step = linear({ bits: 4 });
  expect(tensors.map((tensor) => stepByTensor(step, tensors)(tensor))).toEqual([step, step, step]);
});

it("a layer is pruned at the threshold that it shares, where its step has one and it was found", () => {
  const weights = Float32Array.of(1, -2, 3, -3, 4);
  const threshold = { value: 3, ties: 1 };
  const shared = magnitude({ sparsity: 0.5, scope: "global" });
  expect(pruneAtShared(weights, [5], shared, threshold)?.mask).toEqual(Uint8Array.of(0, 0, 0, 1, 1));
  expect(pruneAtShared(weights, [5], shared, undefined)).toBeUndefined();
  expect(pruneAtShared(weights, [5], magnitude({ sparsity: 0.5 }), threshold)).toBeUndefined();
  expect(pruneAtShared(weights, [5], linear({ bits: 4 }), threshold)).toBeUndefined();
});

it("an unknown kind gets the nearest word", () => {
  expect(() => kindOfStep({ kind: "magnitud" })).toThrow('no step is called "magnitud"; did you mean "magnitude"?');
  expect(() => labelOf({ kind: "q" })).toThrow(/there are edges, lowRank, magnitude, nodes, heads, layers, merge, fp4/);
});
