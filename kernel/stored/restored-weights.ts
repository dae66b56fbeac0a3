/** From the stored form of a layer back to its weights, or to its codes. */
import { decode } from "../encode";
import { FormatError } from "../errors";
import { decodeValues } from "../formats/values";
import { applyMask } from "../prune";
import { multiply } from "../prune/low-rank";
import { quantizerOf } from "../quantize";
import { dequantizeMatrices } from "../quantize/stack/matrices";
import type { CodeArray, Quantized, Table } from "../quantize/quantizer";
import { layoutOf, rowsShape, toOwnOrder } from "../tensor/layout";
import { parametersOf } from "../tensor/tensor";
import { factorsFrom } from "./factors";
import { spread } from "./kept-weights";
import { emptyCodes, typeOfCodes, unpackCodes, unpackMask } from "./packed-codes";
import type { Coded, StoredTensor } from "./stored-tensor";

/** w′, row-major in the tensor's own order; its length is the product of the shape. `FormatError` for coded bytes that no coder wrote. */
export function restoreValues(stored: StoredTensor): Float32Array {
  return toOwnOrder(valuesInMethodOrder(stored), stored.shape, stored.axes);
}

function valuesInMethodOrder(stored: StoredTensor): Float32Array {
  const { content } = stored;
  const layout = layoutOf(stored.shape, stored.axes);
  const shape = rowsShape(layout);
  const length = parametersOf(shape);
  const keep = stored.mask && unpackMask(stored.mask, length);
  if (content.kind === "bytes") {
    const values = new Float32Array(length);
    decodeValues(decodeBytes(content.bytes, stored.name), content.dtype, values);
    return values;
  }
  if (content.kind === "values") {
    const { values } = content;
    const kept = "coder" in values ? new Float32Array(decodeBytes(values, stored.name).buffer) : values;
    return keep && stored.sparse ? spread(kept, keep, new Float32Array(length)) : kept.slice();
  }
  if (content.kind === "factors") {
    const { bytes, rank, ranks = [rank], bitsPerValue } = content;
    const plain = "coder" in bytes ? decodeBytes(bytes, stored.name) : bytes;
    const products = factorsFrom(plain, layout.matrix, ranks, bitsPerValue).map(multiply);
    if (products.length === 1) return products[0];
    const values = new Float32Array(length);
    products.forEach((product, at) => values.set(product, at * product.length));
    return values;
  }
  const { quantizer, tables } = content;
  let codes = "coder" in content.codes ? decodeCodes(content.codes, stored.name) : unpackCodes(content.codes);
  if (keep && stored.sparse && quantizerOf(quantizer).isSequential) {
    const kept = { step: quantizer, shape: [codes.length], codes, codeBits: 0, tables };
    return spread(quantizerOf(quantizer).dequantize(kept), keep, new Float32Array(length));
  }
  if (keep && stored.sparse) codes = spread(codes, keep, emptyCodes(typeOfCodes(codes), length));
  const { matrices = 1 } = content;
  const quantized = { step: quantizer, shape, codes, codeBits: 0, tables, matrices };
  const values = dequantizeMatrices(quantizerOf(quantizer), quantized);
  return keep ? applyMask(values, keep) : values;
}

/** The bytes of a tensor that was coded without loss as it is, in a buffer of their own. `FormatError` for one that is stored otherwise. */
export function restoreBytes({ content, name }: StoredTensor): Uint8Array<ArrayBuffer> {
  if (content.kind === "bytes") return decodeBytes(content.bytes, name);
  throw new FormatError(name, 0, `it is stored as ${content.kind}`, "the tensor's own bytes");
}

/** The codes and tables of a quantized tensor in method order (tensor/layout.ts), one code for each weight; `undefined` where the content is not
 *  codes. A weight that was pruned away and has no code gets `absent(i)`, the code that stands for zero. */
export function restoreQuantized(
  stored: StoredTensor,
  absent: (tables: readonly Table[], index: number) => number,
): Quantized | undefined {
  const { content, mask } = stored;
  if (content.kind !== "codes") return undefined;
  const shape = rowsShape(layoutOf(stored.shape, stored.axes));
  const { quantizer: step, tables, matrices = 1 } = content;
  const kept = "coder" in content.codes ? decodeCodes(content.codes, stored.name) : unpackCodes(content.codes);
  const length = parametersOf(shape);
  const keep = mask && unpackMask(mask, length);
  const codes = keep && stored.sparse ? spread(kept, keep, emptyCodes(typeOfCodes(kept), length)) : kept;
  if (keep) for (let i = 0; i < length; i++) if (keep[i] === 0) codes[i] = absent(tables, i);
  return { step, shape, codes, codeBits: 0, tables, matrices };
}

function decodeCodes(coded: Coded, name: string): CodeArray {
  const codes = decode(coded.bytes, { name, maximumSymbols: 2 ** 32 });
  if (typeof codes === "string") throw new FormatError(name, 0, "the codes are text", "numbers");
  if (codes instanceof Float32Array || codes instanceof Float64Array)
    throw new FormatError(name, 0, "the codes are floats", "integers");
  return codes;
}

/** The bytes that were coded, in a buffer of their own. */
function decodeBytes(coded: Coded, name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(decodeCodes(coded, name));
}
