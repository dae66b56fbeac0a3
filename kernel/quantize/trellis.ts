/** Trellis-coded quantization with entropy-coded codes: two uniform grids, and a path through a small automaton that says which of them
 *  each weight uses.
 *
 *    grid 0: w′ = Δ·k        grid 1: w′ = Δ·(k + ½)        k any integer
 *
 *  The automaton has S states. In state s a weight takes grid s mod 2; the parity of its code k leads to the next state. So the two grids
 *  together have the levels of a step of Δ/2, yet a code costs no more bits than those of the step Δ, and the encoder looks for the
 *  sequence of codes that is nearest to all weights (Viterbi's algorithm): at equal bits its squared error is 1.0 dB (S = 4), 1.1 dB (8),
 *  1.2 dB (16) or 1.3 dB (64) below that of the uniform grid, of the 1.53 dB that any quantizer of whatever dimension could gain.
 *
 *  weights (any shape) f32 → codes of that shape, Int32, to be entropy coded, and Δ (float32). A path begins in state 0 at each 65,536th
 *  weight, in row-major order, so that segments are coded and decoded on their own.
 *
 *  The automaton is Ungerboeck's systematic feedback encoder for one-dimensional signals, with parity-check polynomials h₀, h₁:
 *    next(s, k) = ⌊s/2⌋ ⊕ (s odd ? h₀ : 0) ⊕ (k odd ? h₁ : 0), h without their lowest coefficient, lowest power in the lowest bit.
 *  Sources: Ungerboeck 1982 (doi:10.1109/TIT.1982.1056454, Table I); Marcellin & Fischer 1990 (doi:10.1109/26.46532); entropy-coded:
 *  Fischer & Wang 1992 (doi:10.1109/18.119695).
 *
 *  Arithmetic, for equal bits everywhere: t = w/Δ in float32; the nearest level of subset j ∈ {0, 1, 2, 3} is 2·rint((t − j/2)/2) + j/2;
 *  squared distances and their sums are float32; of two equal sums the even code wins; every 64 weights the least sum is taken from all.
 *  |w| < 2^22·Δ. Weights that are zero may become ±Δ/2; after pruning only the weights that are left
 *  are quantized. */
import { OptionError } from "../errors";
import { checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { entropyStep } from "./target/entropy-step";
import { freezeStep, rowsOf } from "../grid/groups";
import type { Quantized, Quantizer } from "./quantizer";
import { loops } from "../loops/loops";
import { polynomials } from "../loops/trellis";
import { checkFinite } from "../measure/finite";

const { fround } = Math;

/** Options of `trellis()`: step or targetBits. */
export interface TrellisOptions {
  /** Δ, the distance between neighbouring levels, 2^−126 to 2^126. Instead of `targetBits`. */
  step?: number;
  /** Bits per weight after entropy coding, 0.05–12; the step is chosen to meet them. In `compress()` one step for all layers of the
   *  recipe's entry, with a coder such as `rans()` right after it; all that is stored counts. */
  targetBits?: number;
  /** 4, 8 (default), 16, 32, 64, 128 or 256: each doubling gains less, and takes twice the time. */
  states?: number;
}

/** The step that `trellis()` gives, checked and frozen. */
export interface TrellisStep extends Step {
  /** Names the method. */
  readonly kind: "trellis";
  /** Δ, a float32. */
  readonly step?: number;
  /** Bits per weight after entropy coding, 0.05–12, for which a step is yet to be found. */
  readonly targetBits?: number;
  /** States of the trellis, a power of two from 4 to 256. */
  readonly states: number;
}

const largestCode = 2 ** 22;

/** The step "trellis-coded quantization": `[trellis({ targetBits: 4 }), rans()]`, `trellis({ step: 0.01, states: 64 })`. Throws
 *  `OptionError` for an unknown option and unless exactly one of step and targetBits is given. */
export function trellis(options: TrellisOptions): TrellisStep {
  checkOptionNames("trellis", options, ["step", "targetBits", "states"]);
  const { step, targetBits, states = 8 } = options;
  if ((step === undefined) === (targetBits === undefined))
    throw new OptionError("trellis(): it takes either step (the distance of levels) or targetBits (bits per weight)");
  if (!Object.hasOwn(polynomials, states))
    throw new OptionError(`trellis(): states is ${String(states)}; it takes ${Object.keys(polynomials).join(", ")}`);
  const size =
    step === undefined
      ? undefined
      : fround(checkNumber("trellis", "step", step, { minimum: 2 ** -126, maximum: 2 ** 126 }));
  if (targetBits !== undefined) checkNumber("trellis", "targetBits", targetBits, { minimum: 0.05, maximum: 12 });
  return freezeStep({ kind: "trellis", step: size, targetBits, states } as const);
}

function quantize(weights: Float32Array, shape: Shape, step: TrellisStep, name = "the tensor"): Quantized {
  checkFinite(weights, "trellis", name);
  rowsOf("trellis", shape, weights.length);
  const size = step.step ?? entropyStep([weights], step.targetBits ?? 0);
  const beyond = weights.findIndex((weight) => !(Math.abs(weight / size) < largestCode));
  if (beyond >= 0)
    throw new OptionError(
      `trellis(): weight ${beyond} of ${name} is ${weights[beyond]}, beyond 2^22 steps of ${size}; take a larger step`,
    );
  const codes = loops.trellis.encode(weights, size, step.states);
  let low = 0;
  let high = 0;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] < low) low = codes[i];
    else if (codes[i] > high) high = codes[i];
  }
  let codeBits = 1;
  while (low < -(2 ** (codeBits - 1)) || high > 2 ** (codeBits - 1) - 1) codeBits++;
  return {
    step,
    shape,
    codes,
    codeBits,
    tables: [{ name: "scale", data: Float32Array.of(size), shape: [1], bitsPerEntry: 32 }],
  };
}

function dequantize({ step, codes, tables }: Quantized): Float32Array {
  return loops.trellis.decode(codes, tables[0].data[0], (step as TrellisStep).states);
}

function label({ step, targetBits, states }: TrellisStep): string {
  const how = step === undefined ? `to ${targetBits} bits` : `step ${Number(step.toPrecision(6))}`;
  return `trellis ${states} states ${how}`;
}

/** The quantizer of `trellis()` steps. */
export const trellisQuantizer: Quantizer<TrellisStep> = {
  kind: "trellis",
  isSequential: true,
  quantize,
  dequantize,
  label,
  rate: { targetBits: (step) => step.targetBits, atSize: ({ states }, step) => trellis({ step, states }) },
};
