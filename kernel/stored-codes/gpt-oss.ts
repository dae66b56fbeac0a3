/** The experts of gpt-oss, MXFP4 under names of their own. Two forms of the same bytes:
 *
 *  transformers  X_blocks U8 (E, out, in/32, 16) + X_scales U8 (E, out, in/32) → X (E, in, out): the network multiplies from the right, and so
 *                its BF16 form lies, whose name and axes these weights have here too
 *  OpenAI        X.blocks, X.scales → X (E, out, in), as its own loader has it
 *
 *  w = q · 2^(s − 127); the first weight of a byte is in its low half. Gate and up lie row by row in turn in gate_up_proj.
 *  Sources: transformers integrations/mxfp4.py (convert_moe_packed_tensors), gpt-oss gpt_oss/torch/weights.py. */
import { e2m1Values, e8m0Values } from "../bytes/small-float";
import { parametersOf, type Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import { unpackFp4 } from "./fp4";
import { bytesOf } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";
import { stackedExperts } from "./stacked-experts";

const group = 32;
const blockBytes = group / 2;

/** gpt-oss. */
export const gptOss: Scheme = {
  name: "gpt-oss MXFP4",
  methods: ["mxfp4"],
  find: (file) =>
    [...file.tensors.values()].flatMap((blocks) => {
      const [, name, separator] = /^(.*)([._])blocks$/s.exec(blocks.name) ?? [];
      if (name === undefined || blocks.dtype !== "U8") return [];
      const scales = file.find(`${name}${separator}scales`);
      return scales ? [weightOf(file, name, { blocks, scales, isTransposed: separator === "_" })] : [];
    }),
};

interface Parts {
  readonly blocks: Tensor;
  readonly scales: Tensor;
  /** Whether the weight has its inputs before its outputs. */
  readonly isTransposed: boolean;
}

function weightOf(file: FileTensors, name: string, parts: Parts): LogicalWeight {
  const { blocks, scales } = parts;
  const rank = blocks.shape.length;
  if (rank < 3 || blocks.shape[rank - 1] !== blockBytes)
    return file.fail(
      blocks,
      `"${blocks.name}" has the shape [${blocks.shape.join(", ")}]`,
      `(experts, out, in/${group}, ${blockBytes})`,
    );
  file.need(scales.name, "gpt-oss MXFP4", { dtypes: ["U8", "F8_E8M0"], shape: blocks.shape.slice(0, -1) });
  const isTransposed = parts.isTransposed && rank > 3;
  const [out, groups] = blocks.shape.slice(rank - 3, rank - 1);
  const inputs = groups * group;
  const shape = [...blocks.shape.slice(0, rank - 3), ...(isTransposed ? [inputs, out] : [out, inputs])];
  return {
    name,
    shape,
    description: stackedExperts(shape, isTransposed ? "first" : "last"),
    scheme: "MXFP4",
    parts: [blocks, scales],
    async open(reading) {
      const exponents = await bytesOf(scales, reading.signal);
      return isTransposed
        ? transposed(blocks, exponents, { out, inputs }, reading)
        : straight(blocks, exponents, inputs, reading);
    },
  };
}

function straight(blocks: Tensor, exponents: Uint8Array, inputs: number, { signal }: Reading): DecodeRows {
  return async (values, from) => {
    const start = (from * inputs) / 2;
    unpackFp4(await bytesOf(blocks, signal, start, start + values.length / 2), values);
    const first = (from * inputs) / group;
    for (let i = 0; i < values.length; i++) values[i] *= e8m0Values[exponents[first + Math.floor(i / group)]];
  };
}

/** Rows of inputs: each takes a half byte of every output, so that the codes of an expert are read whole and kept for its next rows. */
function transposed(
  blocks: Tensor,
  exponents: Uint8Array,
  { out, inputs }: { readonly out: number; readonly inputs: number },
  { signal }: Reading,
): DecodeRows {
  const rowBytes = inputs / 2;
  const groups = inputs / group;
  const experts = parametersOf(blocks.shape.slice(0, -3));
  let kept = -1;
  let codes: Uint8Array = new Uint8Array(0);
  return async (values, from) => {
    for (let at = 0, row = from; at < values.length; at += out, row++) {
      const expert = Math.floor(row / inputs);
      if (expert !== kept && expert < experts) {
        codes = await bytesOf(blocks, signal, expert * out * rowBytes, (expert + 1) * out * rowBytes);
        kept = expert;
      }
      const input = row - expert * inputs;
      const shift = 4 * (input & 1);
      const firstScale = expert * out * groups + Math.floor(input / group);
      for (let output = 0; output < out; output++) {
        const code = (codes[output * rowBytes + (input >> 1)] >> shift) & 15;
        values[at + output] = e2m1Values[code] * e8m0Values[exponents[firstScale + output * groups]];
      }
    }
  };
}
