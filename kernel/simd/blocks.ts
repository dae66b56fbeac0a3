/** ggml's block types by WebAssembly SIMD: bits equal to those of `kernel/blocks`, which says what they are. Four groups, or four blocks of
 *  one group, are searched side by side, one in each lane, so that every sum keeps its order. */
import { sumOfSquares } from "../blocks/arithmetic";
import type { BlockCodec } from "../blocks/block";
import { BlockType, MEAN_SQUARES, MOST_ROWS, setBlockSearch } from "./generated/layers";
import {
  inPieces,
  layerFunctions,
  memoryBytes,
  memoryViews,
  mostWhole,
  placeLists,
  type Operand,
} from "./layer-memory";

/** Weights of a piece at most: 64 KiB of float32, which stay in a core's own cache. */
const pieceWeights = 16_384;

/** The kernels' number of a type. Throws `RangeError` for one that they do not have. */
function kernelOf({ name }: BlockCodec): number {
  if (!(name in BlockType)) throw new RangeError(`there are no kernels for blocks of ${name}`);
  return BlockType[name as keyof typeof BlockType];
}

/** Codes of all weights, one in a byte, and each field of the blocks, block after block. */
export interface BlockCodes {
  readonly codes: Uint8Array;
  readonly fields: readonly Uint8Array[];
}

/** Codes and fields of whole blocks; `importance` has one number for each column. `undefined` where a row is too long for the kernels. */
export function encodeBlockCodes(
  codec: BlockCodec,
  weights: Float32Array,
  rowLength: number,
  importance: Float32Array | undefined,
  codes: Uint8Array,
): BlockCodes | undefined {
  const blocks = weights.length / codec.weights;
  const fields = codec.fields.map(({ bytes }) => new Uint8Array(blocks * bytes));
  const scratch: Operand = { each: codec.bytes, use: "scratch" };
  const stored: Operand = { array: codes, each: codec.weights, use: "out" };
  const done = encodePieces(codec, weights, rowLength, importance, [scratch, stored], ([bytes], first, count) => {
    splitFields(codec, memoryBytes(bytes, count * codec.bytes), count, fields, first);
  });
  return done ? { codes, fields } : undefined;
}

/** Whole blocks as a GGUF file holds them; false where a row is too long for the kernels. */
export function encodeBlockBytes(
  codec: BlockCodec,
  weights: Float32Array,
  rowLength: number,
  importance: Float32Array | undefined,
  bytes: Uint8Array,
): boolean {
  const stored: Operand = { array: bytes, each: codec.bytes, use: "out" };
  const scratch: Operand = { each: codec.weights, use: "scratch" };
  const { packBlocks } = layerFunctions();
  return encodePieces(codec, weights, rowLength, importance, [stored, scratch], ([out, codes], _first, count) =>
    packBlocks(kernelOf(codec), codes, count, out),
  );
}

/** Encodes piece by piece into `operands`, which are the blocks and the codes, and calls `after` with the addresses of each piece. False where
 *  a row is too long for the kernels, and nothing is encoded then. */
function encodePieces(
  codec: BlockCodec,
  weights: Float32Array,
  rowLength: number,
  importance: Float32Array | undefined,
  operands: readonly [Operand, Operand],
  after: (addresses: readonly number[], first: number, count: number) => void,
): boolean {
  const { encodeBlocks } = layerFunctions();
  const type = kernelOf(codec);
  const given = codec.takesImportance ? importance : undefined;
  if (given && given.length > mostWhole) return false;
  const lists = codec.lists?.(given !== undefined) ?? [];
  const trials = lists.length === 0 ? 0 : lists[0].length;
  const blocksInRow = Math.max(1, rowLength / codec.weights);
  const whole: Operand[] = given ? [{ array: given, each: given.length, use: "whole" }] : [];
  // A kernel that takes four blocks at a time gets whole fours.
  const mostUnits = Math.min(pieceWeights / codec.weights, given ? MOST_ROWS * blocksInRow : Infinity);
  placeLists(lists);
  inPieces(
    weights.length / codec.weights,
    mostUnits,
    [{ array: weights, each: codec.weights, use: "in" }, ...operands, ...whole],
    ([x, bytes, codes, row], first, count) => {
      const inRow = first % blocksInRow;
      const firstRow = (first - inRow) / blocksInRow;
      if (given) placeMeanSquares(weights, rowLength, firstRow, Math.ceil((inRow + count) / blocksInRow));
      setBlockSearch(memoryViews().view, { trials, importance: row ?? 0, blocksInRow, first: inRow });
      encodeBlocks(type, x, count, bytes, codes);
      after([bytes, codes], first, count);
    },
  );
  return true;
}

function placeMeanSquares(weights: Float32Array, rowLength: number, firstRow: number, rows: number): void {
  const means = new Float32Array(rows);
  for (let row = 0; row < rows; row++)
    means[row] = Math.fround(sumOfSquares(weights, (firstRow + row) * rowLength, rowLength) / rowLength);
  memoryBytes(MEAN_SQUARES, 4 * rows).set(new Uint8Array(means.buffer));
}

function splitFields(
  codec: BlockCodec,
  bytes: Uint8Array,
  blocks: number,
  fields: readonly Uint8Array[],
  first: number,
): void {
  codec.fields.forEach(({ at, bytes: size }, number) => {
    const field = fields[number];
    const step = codec.bytes;
    const areHalves = size === 2 && (at | step | bytes.byteOffset) % 2 === 0;
    if (areHalves) {
      const [from, to] = [halvesOf(bytes), halvesOf(field)];
      for (let block = 0, k = at / 2; block < blocks; block++, k += step / 2) to[first + block] = from[k];
    } else
      for (let block = 0, from = at, to = first * size; block < blocks; block++, from += step)
        for (let k = 0; k < size; k++) field[to++] = bytes[from + k];
  });
}

function halvesOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength >> 1);
}

function joinFields(
  codec: BlockCodec,
  fields: readonly Uint8Array[],
  first: number,
  blocks: number,
  bytes: Uint8Array,
): void {
  codec.fields.forEach(({ at, bytes: size }, number) => {
    const field = fields[number];
    for (let block = 0, to = at, from = first * size; block < blocks; block++, to += codec.bytes)
      for (let k = 0; k < size; k++) bytes[to + k] = field[from++];
  });
}

/** The values that codes and fields stand for. */
export function decodeBlockCodes(codec: BlockCodec, { codes, fields }: BlockCodes, values: Float32Array): void {
  const { decodeBlocks } = layerFunctions();
  inPieces(
    codes.length / codec.weights,
    pieceWeights / codec.weights,
    [
      { array: codes, each: codec.weights, use: "in" },
      { each: codec.bytes, use: "scratch" },
      { array: values, each: codec.weights, use: "out" },
    ],
    ([from, bytes, to], first, count) => {
      joinFields(codec, fields, first, count, memoryBytes(bytes, count * codec.bytes));
      decodeBlocks(kernelOf(codec), bytes, count, from, to);
    },
  );
}

/** The blocks that codes and fields make, as a GGUF file holds them. */
export function packBlockCodes(codec: BlockCodec, { codes, fields }: BlockCodes, bytes: Uint8Array): void {
  const { packBlocks } = layerFunctions();
  inPieces(
    codes.length / codec.weights,
    pieceWeights / codec.weights,
    [
      { array: codes, each: codec.weights, use: "in" },
      { array: bytes, each: codec.bytes, use: "out" },
    ],
    ([from, to], first, count) => {
      joinFields(codec, fields, first, count, memoryBytes(to, count * codec.bytes));
      packBlocks(kernelOf(codec), from, count, to);
    },
  );
}

/** The codes of whole blocks as a GGUF file holds them. */
export function unpackBlockBytes(codec: BlockCodec, bytes: Uint8Array, codes: Uint8Array): void {
  const { unpackBlocks } = layerFunctions();
  inPieces(
    codes.length / codec.weights,
    pieceWeights / codec.weights,
    [
      { array: bytes, each: codec.bytes, use: "in" },
      { array: codes, each: codec.weights, use: "out" },
    ],
    ([from, to], _first, count) => unpackBlocks(kernelOf(codec), from, count, to),
  );
}

/** The values of whole blocks as a GGUF file holds them. */
export function decodeBlockBytes(codec: BlockCodec, bytes: Uint8Array, values: Float32Array): void {
  const { unpackBlocks, decodeBlocks } = layerFunctions();
  inPieces(
    values.length / codec.weights,
    pieceWeights / codec.weights,
    [
      { array: bytes, each: codec.bytes, use: "in" },
      { each: codec.weights, use: "scratch" },
      { array: values, each: codec.weights, use: "out" },
    ],
    ([from, codes, to], _first, count) => {
      unpackBlocks(kernelOf(codec), from, count, codes);
      decodeBlocks(kernelOf(codec), from, count, codes, to);
    },
  );
}
