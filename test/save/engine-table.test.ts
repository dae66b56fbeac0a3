import { fp4, fp8, ggml, hqq, int, kMeans, linear, meanConstrained, mxfp4, mxfp8 } from "../../kernel";
import { nf4, nvfp4, sorted, ternary, trellis } from "../../kernel";
import { quantizers, type QuantizeStep } from "../../kernel/quantize";
import { isBitsandbytes } from "../../kernel/save/bitsandbytes-layout";
import { layoutOf } from "../../kernel/save/compressed-tensors-layout";
import { rowOf } from "../../kernel/save/engine-table";
import { blockForm } from "../../kernel/save/gguf-blocks";
import { outlineOf } from "../../kernel/stored/outline";

const choice = { dynamicInputs: false, zeroPoints: "packed" } as const;

type Engine = "compressed-tensors" | "bitsandbytes" | "GGUF";

/** Which engines hold what a quantizer makes, packed. */
const holders: readonly (readonly [QuantizeStep, readonly Engine[]])[] = [
  [fp4(), ["bitsandbytes"]],
  [fp8(), ["compressed-tensors"]],
  [ggml({ type: "Q8_0" }), ["GGUF"]],
  [hqq({ bits: 4 }), []],
  [int({ bits: 4, group: 32 }), ["compressed-tensors"]],
  [kMeans({ bits: 4 }), []],
  [linear({ bits: 4, group: 32 }), ["compressed-tensors"]],
  [meanConstrained({ bits: 2 }), []],
  [mxfp4(), ["compressed-tensors"]],
  [mxfp8(), ["compressed-tensors"]],
  [nf4(), ["bitsandbytes"]],
  [nvfp4(), ["compressed-tensors"]],
  [sorted({ bits: 4 }), []],
  [ternary(), []],
  [trellis({ step: 0.5 }), []],
];

/** The form of a tensor of 4 × 64 weights that a step quantized. */
function formBy(step: QuantizeStep) {
  const shape = [4, 64];
  const weights = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
  const quantized = quantizers.get(step.kind)?.quantize(weights, shape, step, "w");
  if (!quantized) throw new Error(`there is no quantizer ${step.kind}`);
  const { codes, codeBits, tables } = quantized;
  const coded = { coder: { kind: "rans" }, bytes: new Uint8Array(Math.ceil((codes.length * codeBits) / 8)) };
  return outlineOf({ name: "w", shape, content: { kind: "codes", quantizer: quantized.step, codes: coded, tables } });
}

it("speaks of every quantizer", () => {
  expect(holders.map(([{ kind }]) => kind).sort()).toEqual([...quantizers.keys()].sort());
});

it.each(holders.map(([step, engines]) => [step.kind, step, engines] as const))("%s", (kind, step, engines) => {
  const form = formBy(step);
  expect(isBitsandbytes(form)).toBe(engines.includes("bitsandbytes"));
  expect(blockForm(form)?.type).toBe(engines.includes("GGUF") ? "Q8_0" : undefined);
  if (engines.includes("compressed-tensors"))
    expect(layoutOf(form, choice).parameters.map(({ suffix }) => suffix)).toContain("weight_scale");
  else expect(() => layoutOf(form, choice)).toThrow(`is quantized by ${kind}, which compressed-tensors does not know`);
});

it("names of Object's own are no rows", () => {
  expect(rowOf({ linear: 1 }, { kind: "constructor" })).toBeUndefined();
  expect(rowOf({ linear: 1 }, undefined)).toBeUndefined();
  expect(rowOf({ linear: 1 }, { kind: "linear" })).toBe(1);
});
