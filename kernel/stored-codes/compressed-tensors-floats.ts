/** Small floats of compressed-tensors:
 *
 *    nvfp4-pack-quantized  weight_packed U8 (out, in/2), E2M1, even place low; weight_scale E4M3 (out, in/16); weight_global_scale F32 (1)
 *    mxfp4-pack-quantized  weight_packed as before; weight_scale U8 (out, in/32), the exponent + 127
 *    mxfp6-pack-quantized  weight_packed U8 (out, in·3/4), E2M3, four codes to three bytes from the lowest bits up; weight_scale as before
 *
 *    w = value·(s / global) in float32: this global scale divides. (That of ModelOpt multiplies.)
 *
 *  Source: compressed-tensors 0.20 compressors/nvfp4/, mxfp4/, mxfp6/. */
import { e2m1Values } from "../bytes/small-float";
import type { Tensor } from "../tensor/tensor";
import { columnsOf, gridOf, scalesOf, type CompressedModule } from "./compressed-tensors-module";
import { bytesOf, numbersOf } from "./part";
import type { ScaleGrid } from "./scale-grid";
import type { DecodeRows, LogicalWeight } from "./scheme";

/** The value of each code of E2M3: sign, two exponent bits with bias 1, three fraction bits. */
const e2m3Values = Float32Array.from({ length: 64 }, (_, code) => {
  const exponent = (code >> 3) & 3;
  const fraction = (code & 7) / 8;
  const value = exponent === 0 ? fraction : (1 + fraction) * 2 ** (exponent - 1);
  return code < 32 ? value : -value;
});

/** The weight of a module with packed small floats. */
export function fourBitFloats(module: CompressedModule, codes: Tensor): LogicalWeight {
  const { file, stem, scale, others, order, zeros } = module;
  const global = file.find(`${stem}weight_global_scale`, { parameters: 1 });
  const groups = scale.shape[scale.shape.length - 1];
  const width = codes.shape[codes.shape.length - 1];
  const group = global ? 16 : 32;
  const bits = (8 * width) / (group * groups);
  const isMicroscaled = scale.dtype === "U8" || scale.dtype === "F8_E8M0";
  if ((bits !== 4 && !(bits === 6 && isMicroscaled)) || isMicroscaled === (global !== undefined))
    file.fail(
      codes,
      `"${codes.name}" is U8 [${codes.shape.join(", ")}] with scales ${scale.dtype} [${scale.shape.join(", ")}]`,
      "four bits with a global scale and E4M3 scales of 16 weights (nvfp4), or four or six with exponents of 32 (mxfp4, mxfp6)",
    );
  const shape = [...codes.shape.slice(0, -1), group * groups];
  const grid = gridOf(module, shape, { bits, isSymmetric: true, group, block: undefined });
  const parts = [codes, scale, ...(global ? [global] : []), ...(order ? [order] : []), ...(zeros ? [zeros] : [])];
  return {
    name: `${stem}weight`,
    shape,
    scheme: `compressed-tensors ${global ? "NVFP4" : `MXFP${bits}`}`,
    parts: [...parts, ...others],
    open: ({ signal }) => open(module, codes, global, { shape, bits, grid }, signal),
  };
}

interface FloatLayout {
  readonly shape: readonly number[];
  readonly bits: number;
  readonly grid: ScaleGrid;
}

async function open(
  module: CompressedModule,
  codes: Tensor,
  global: Tensor | undefined,
  { shape, bits, grid }: FloatLayout,
  signal: AbortSignal | undefined,
): Promise<DecodeRows> {
  const groupOf = await columnsOf(module, shape, grid, signal);
  const stored = await scalesOf(module, signal);
  const divisor = global ? (await numbersOf(global, signal))[0] : 1;
  const scale = stored.map((s) => s / divisor);
  const columns = shape[shape.length - 1];
  const rowBytes = (columns * bits) / 8;
  const value = bits === 4 ? e2m1Values : e2m3Values;
  return async (values, from) => {
    const rows = values.length / columns;
    const bytes = await bytesOf(codes, signal, from * rowBytes, (from + rows) * rowBytes);
    for (let r = 0, i = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, i++) {
        const code = bits === 4 ? nibble(bytes, i) : sixBits(bytes, i);
        values[i] = value[code] * scale[(from + r) * grid.across + groupOf[c]];
      }
  };
}

const nibble = (bytes: Uint8Array, i: number): number => (bytes[i >> 1] >> (4 * (i & 1))) & 15;

/** Code i of a stream of six bits; three bytes hold four. */
function sixBits(bytes: Uint8Array, i: number): number {
  const bit = 6 * i;
  const at = bit >> 3;
  const shift = bit & 7;
  return ((bytes[at] | ((shift > 2 ? bytes[at + 1] : 0) << 8)) >> shift) & 63;
}
