/** pack-quantized of compressed-tensors:
 *
 *    weight_packed      I32 (…, out, words)  each row a stream of codes q + 2^(bits−1); in files from before June 2026 as many whole codes as a word holds
 *    weight_scale       (1), (out, 1) or (out, groups)
 *    weight_shape       I64 (2) or more
 *    weight_zero_point  where asymmetric: packed in the same way down the columns, I32 (words, groups); or as they are, I8
 *
 *  Source: compressed-tensors 0.20 compressors/pack_quantized/. */
import type { Tensor } from "../tensor/tensor";
import { parametersOf } from "../tensor/tensor";
import { unpackCodes, wordsFor } from "./bit-stream";
import { columnsOf, gridOf, scalesOf, type CompressedModule } from "./compressed-tensors-module";
import { decodeRow } from "./decode-row";
import { bytesOf, numbersOf, wordsOf } from "./part";
import { gridLabel, type ScaleGrid } from "./scale-grid";
import type { DecodeRows, LogicalWeight } from "./scheme";
import { stackedExperts } from "./stacked-experts";

/** The weight of a module with packed whole numbers. */
export async function packedIntegers(module: CompressedModule, codes: Tensor): Promise<LogicalWeight> {
  const { file, stem, scale, zeros, order, others } = module;
  const described = file.need(`${stem}weight_shape`, "compressed-tensors", {
    dtypes: ["I64", "I32"],
    parameters: codes.shape.length,
  });
  const shape = [...(await numbersOf(described, file.signal))];
  const rows = shape.slice(0, -1);
  const columns = shape[shape.length - 1];
  const words = codes.shape[codes.shape.length - 1];
  const fits = (bits: number): boolean => wordsFor(columns, bits) === words || wholeWords(columns, bits) === words;
  const isSame =
    shape.length >= 2 && shape.length === codes.shape.length && rows.every((size, axis) => size === codes.shape[axis]);
  const given = module.argsThat((args) => fits(args.bits));
  const possible = [
    ...new Set(given.length > 0 ? given.map(({ bits }) => bits) : [1, 2, 3, 4, 5, 6, 7, 8].filter(fits)),
  ];
  const [bits] = possible;
  if (!isSame || possible.length !== 1 || !(bits >= 1 && bits <= 8))
    return file.fail(
      codes,
      `"${codes.name}" is I32 [${codes.shape.join(", ")}] for a weight [${shape.join(", ")}], which ${possible.length === 0 ? "no number of bits" : `${possible.join(" or ")} bits`} would make`,
      "settings (quantization_config) with one number of bits from 1 to 8 that fits",
    );
  const args = given.find(({ isSymmetric }) => isSymmetric === (zeros === undefined)) ?? given[0];
  if (!zeros && given.length > 0 && given.every(({ isSymmetric }) => !isSymmetric))
    file.fail(
      codes,
      `the settings say that "${codes.name}" is asymmetric, and there is no "${stem}weight_zero_point"`,
      "zero points beside it",
    );
  const grid = gridOf(module, shape, args);
  const layout = { module, codes, shape, bits, grid, isDense: wordsFor(columns, bits) === words };
  if (zeros) checkZeros(layout, zeros);
  return {
    name: `${stem}weight`,
    shape,
    description: stackedExperts(shape, "last"),
    scheme: `compressed-tensors ${bits}-bit ${gridLabel(grid, shape)}`,
    parts: [codes, scale, described, ...(zeros ? [zeros] : []), ...(order ? [order] : []), ...others],
    open: ({ signal }) => open(layout, signal),
  };
}

interface PackedLayout {
  readonly module: CompressedModule;
  readonly codes: Tensor;
  readonly shape: readonly number[];
  readonly bits: number;
  readonly grid: ScaleGrid;
  /** Codes go on from word to word. */
  readonly isDense: boolean;
}

/** Words of whole codes only. */
const wholeWords = (count: number, bits: number): number => Math.ceil(count / Math.floor(32 / bits));

function checkZeros({ module, shape, bits, grid }: PackedLayout, zeros: Tensor): void {
  const [rows] = shape.slice(-2);
  const matrices = parametersOf(shape.slice(0, -2));
  const packed = [wordsFor(rows, bits), wholeWords(rows, bits)].map((words) => matrices * words * grid.across);
  const counts = zeros.dtype === "I32" ? packed : [module.scale.parameters];
  if (!counts.includes(zeros.parameters))
    module.file.fail(
      zeros,
      `"${zeros.name}" is ${zeros.dtype} [${zeros.shape.join(", ")}]`,
      `${counts.join(" or ")} numbers, for ${module.scale.parameters} zero points`,
    );
}

async function open(layout: PackedLayout, signal: AbortSignal | undefined): Promise<DecodeRows> {
  const { module, codes, shape, bits, grid, isDense } = layout;
  const scale = await scalesOf(module, signal);
  const zero = await zerosOf(layout, signal);
  const groupOf = await columnsOf(module, shape, grid, signal);
  const columns = shape[shape.length - 1];
  const words = codes.shape[codes.shape.length - 1];
  const row = new Uint8Array(columns);
  const middle = 2 ** (bits - 1);
  return async (values, from) => {
    const rows = values.length / columns;
    const packed = new Uint32Array((await bytesOf(codes, signal, 4 * from * words, 4 * (from + rows) * words)).buffer);
    for (let r = 0; r < rows; r++) {
      unpack(packed, r * words, 1, bits, isDense, row);
      const base = Math.floor((from + r) / grid.height) * grid.across;
      decodeRow(row, values, r * columns, { groupOf, base, step: 1, scales: scale, zeros: zero, offset: middle });
    }
  };
}

function unpack(
  words: Uint32Array,
  start: number,
  stride: number,
  bits: number,
  isDense: boolean,
  codes: Uint8Array,
): void {
  if (isDense) return unpackCodes(words, start, stride, bits, codes);
  const inWord = Math.floor(32 / bits);
  for (let i = 0; i < codes.length; i++)
    codes[i] = (words[start + stride * Math.floor(i / inWord)] >>> (bits * (i % inWord))) & (2 ** bits - 1);
}

/** The zero points in the order of the scales; undefined for symmetric codes. */
async function zerosOf(
  { module: { zeros }, shape, bits, grid }: PackedLayout,
  signal: AbortSignal | undefined,
): Promise<Float32Array | undefined> {
  if (!zeros) return undefined;
  if (zeros.dtype !== "I32") return numbersOf(zeros, signal);
  const packed = await wordsOf(zeros, signal);
  const [rows] = shape.slice(-2);
  const matrices = parametersOf(shape.slice(0, -2));
  const { across } = grid;
  const words = packed.length / matrices / across;
  const points = new Float32Array(matrices * rows * across);
  const column = new Uint8Array(rows);
  const isDense = words === wordsFor(rows, bits);
  for (let m = 0; m < matrices; m++)
    for (let g = 0; g < across; g++) {
      unpack(packed, m * words * across + g, across, bits, isDense, column);
      for (let r = 0; r < rows; r++) points[(m * rows + r) * across + g] = column[r] - 2 ** (bits - 1);
    }
  return points;
}
