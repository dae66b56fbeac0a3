/** A tensor that lies in a GGUF file in the very type that it would be quantized to: its blocks are kept, as llama.cpp keeps them. To
 *  quantize their values again could give other bytes, for the search of a scale need not find the one that is there. */
import { blockCodecs } from "../../blocks";
import { OptionError } from "../../errors";
import { loops } from "../../loops/loops";
import { parametersOf, type Shape } from "../../tensor/tensor";
import type { Step } from "../../tensor/step";
import type { GgmlStep } from "../ggml";
import type { Quantized, Table } from "../quantizer";

/** Whether `step` would quantize to the type that the tensor has. */
export function keepsBlocks(step: Step | undefined, dtype: string): step is GgmlStep {
  return step?.kind === "ggml" && step.type === dtype && dtype !== "F16";
}

/** Blocks as `quantize` would give them: their codes, and their fields as tables. The blocks are not changed. */
export function quantizedFromBlocks(bytes: Uint8Array, shape: Shape, step: GgmlStep): Quantized {
  const codec = step.type === undefined || step.type === "F16" ? undefined : blockCodecs.get(step.type);
  if (!codec) throw new OptionError(`ggml(): there are no blocks of type "${step.type ?? ""}"`);
  const count = parametersOf(shape);
  const blocks = count / codec.weights;
  const { codes, fields } = loops.blocks.unpack(codec, bytes.subarray(0, blocks * codec.bytes));
  const tables = codec.fields.map((field, number): Table => ({
    name: field.name,
    data: fields[number],
    shape: [blocks, field.bytes],
    bitsPerEntry: 8,
  }));
  return { step, shape, codes: codec.signed ? new Int8Array(codes.buffer) : codes, codeBits: codec.codeBits, tables };
}
