/** Weights as MLX packs them: X.weight U32 (…, out, in·bits/32) with X.scales (…, out, in/group), for "affine" X.biases of the same shape.
 *
 *  affine  w = s·q + b, product and sum each rounded to float32; q of 1, 2, 3, 4, 5, 6 or 8 bits, groups of 32, 64 or 128; s and b float32,
 *          float16 or bfloat16
 *  mxfp4   E2M1 in groups of 32, s U8, a power of two: w = q·2^(s − 127)
 *  mxfp8   E4M3 in groups of 32, s as before
 *  nvfp4   E2M1 in groups of 16, s U8, a pattern of E4M3; with X.global_scale F32, the largest |w|, one or one a matrix,
 *          w = q·(s·(g/2688)): a third form beside compressed-tensors', which divides, and ModelOpt's, which holds g/2688
 *
 *  A row is one stream of bits, least significant first: the words are little-endian, and no code of 3, 5 or 6 bits is padded. Shapes give
 *  bits·group only; which it is stands in the config (see mlx-settings.ts). transformers' "metal" has the same form with `qbiases`.
 *  Source: mlx 0.32.4, mlx/backend/cpu/quantized.cpp and python/mlx/nn/layers/quantized.py; mlx-lm 0.32.2, mlx_lm/utils.py. */
import { e2m1Values, e4m3Values, e8m0Values } from "../bytes/small-float";
import { parametersOf, type Shape, type Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import { mlxSettingsOf, type MlxSettings } from "./mlx-settings";
import { bytesOf } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";
import { stackedExperts } from "./stacked-experts";

const { fround } = Math;

/** The largest value of E4M3 times that of E2M1. */
const largestNvfp4 = 448 * 6;

/** MLX. */
export const mlx: Scheme = {
  name: "MLX",
  methods: ["mlx", "metal"],
  find: (file) =>
    file.stems("weight").flatMap((stem) => {
      const codes = file.find(`${stem}weight`);
      const scales = file.find(`${stem}scales`);
      if (codes?.dtype !== "U32" || codes.shape.length < 2 || !scales) return [];
      return [weightOf(file, stem, codes, scales)];
    }),
};

interface Parts {
  readonly codes: Tensor;
  readonly scales: Tensor;
  readonly biases: Tensor | undefined;
  readonly global: Tensor | undefined;
}

function weightOf(file: FileTensors, stem: string, codes: Tensor, scales: Tensor): LogicalWeight {
  const biases = file.find(`${stem}biases`) ?? file.find(`${stem}qbiases`);
  const settings = mlxSettingsOf(file, stem, { codes, scales, biases });
  const { mode, bits, group } = settings;
  const columns = scales.shape[scales.shape.length - 1] * group;
  const shape = [...codes.shape.slice(0, -1), columns];
  const global = mode === "nvfp4" ? globalScale(file, stem, shape) : undefined;
  const parts: Parts = { codes, scales, biases, global };
  return {
    name: codes.name,
    shape,
    description: stackedExperts(shape, "last"),
    scheme: mode === "affine" ? `MLX ${bits}-bit g${group}` : `MLX ${mode}`,
    parts: [codes, scales, biases, global].filter((part) => part !== undefined),
    open: (reading) =>
      mode === "affine" ? affine(parts, settings, columns, reading) : smallFloats(parts, settings, columns, reading),
  };
}

function globalScale(file: FileTensors, stem: string, shape: Shape): Tensor | undefined {
  const global = file.find(`${stem}global_scale`);
  const matrices = parametersOf(shape.slice(0, -2));
  if (global && global.parameters !== 1 && global.parameters !== matrices)
    file.fail(global, `"${global.name}" has ${global.parameters} elements`, `one, or ${matrices}, one a matrix`);
  return global;
}

async function affine(
  { codes, scales, biases }: Parts,
  { bits, group }: MlxSettings,
  columns: number,
  { signal }: Reading,
): Promise<DecodeRows> {
  const scale = await scales.read({ signal });
  const bias = (await biases?.read({ signal })) ?? new Float32Array(scale.length);
  return async (values, from) => {
    const first = (from * columns) / group;
    unpackBits(await rowBytes(codes, { from, columns, bits, values, signal }), bits, values);
    for (let at = first, start = 0; start < values.length; at++, start += group) {
      const [s, b] = [scale[at], bias[at]];
      for (let i = start; i < start + group; i++) values[i] = fround(values[i] * s) + b;
    }
  };
}

async function smallFloats(
  { codes, scales, global }: Parts,
  { mode, bits, group }: MlxSettings,
  columns: number,
  { signal }: Reading,
): Promise<DecodeRows> {
  const scaleTable = mode === "nvfp4" ? e4m3Values : e8m0Values;
  const scale = Float32Array.from(await bytesOf(scales, signal), (byte) => scaleTable[byte]);
  if (global) {
    const factors = await global.read({ signal });
    const size = scale.length / factors.length;
    for (let i = 0; i < scale.length; i++)
      scale[i] = fround(scale[i] * fround(factors[Math.floor(i / size)] / largestNvfp4));
  }
  const table = bits === 8 ? e4m3Values : e2m1Values;
  return async (values, from) => {
    const first = (from * columns) / group;
    unpackBits(await rowBytes(codes, { from, columns, bits, values, signal }), bits, values);
    for (let at = first, start = 0; start < values.length; at++, start += group)
      for (let i = start; i < start + group; i++) values[i] = table[values[i]] * scale[at];
  };
}

interface Rows {
  readonly from: number;
  readonly columns: number;
  readonly bits: number;
  readonly values: Float32Array;
  readonly signal: AbortSignal | undefined;
}

function rowBytes(codes: Tensor, { from, columns, bits, values, signal }: Rows): Promise<Uint8Array> {
  const start = (from * columns * bits) / 8;
  return bytesOf(codes, signal, start, start + (values.length * bits) / 8);
}

/** The codes of a stream of bits, least significant first. */
export function unpackBits(bytes: Uint8Array, bits: number, codes: Float32Array): void {
  const mask = (1 << bits) - 1;
  for (let i = 0, bit = 0; i < codes.length; i++, bit += bits) {
    const byte = bit >> 3;
    const next = byte + 1 < bytes.length ? bytes[byte + 1] : 0;
    codes[i] = ((bytes[byte] | (next << 8)) >> (bit & 7)) & mask;
  }
}
