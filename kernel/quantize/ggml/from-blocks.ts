/** A tensor that lies in a GGUF file in the very type that it would be quantized to: its blocks are kept, as llama.cpp keeps them. To
 *  quantize their values again could give other bytes, for the search of a scale need not find the one that is there. */
import type { BlockCodec } from "../../blocks";
import { loops } from "../../loops/loops";
import { parametersOf, type Shape } from "../../tensor/tensor";
import type { Quantized, Table } from "../quantizer";

/** Blocks as `quantize` would give them: their codes, and their fields as tables. The blocks are not changed. */
export function quantizedFromBlocks(
  codec: BlockCodec,
  bytes: Uint8Array,
  shape: Shape,
): Pick<Quantized, "codes" | "codeBits" | "tables"> {
  const count = parametersOf(shape);
  const blocks = count / codec.weights;
  const { codes, fields } = loops.blocks.unpack(codec, bytes.subarray(0, blocks * codec.bytes));
  const tables = codec.fields.map((field, number): Table => ({
    name: field.name,
    data: fields[number],
    shape: [blocks, field.bytes],
    bitsPerEntry: 8,
  }));
  return { codes: codec.signed ? new Int8Array(codes.buffer) : codes, codeBits: codec.codeBits, tables };
}
