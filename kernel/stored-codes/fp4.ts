/** Weights of four-bit floats (E2M1), two to a byte, the first in the low half, with a scale for a run of inputs.
 *
 *  NVFP4 (ModelOpt)  X.weight U8 (…, out, in/2) + weight_scale E4M3 (…, out, in/16) + weight_scale_2 F32, one or one a matrix:
 *                    w = q · (s · s₂), both products rounded to float32. s₂ multiplies; compressed-tensors' weight_global_scale divides.
 *                    Stacked experts that a network multiplies from the right are packed along the inputs too: (E, in/2, out), (E, in/16, out).
 *  MXFP4             X.weight U8 or I8 (…, out, in/2) + scale, weight_scale or weight_scale_inv E8M0 (…, out, in/32): w = q · 2^(e − 127).
 *                    DeepSeek-V4's experts are such an I8 tensor, which is no integer, with `.scale` beside it; ModelOpt has U8 and U8. The codes may also have safetensors' own
 *                    type F4, whose shape counts them.
 *
 *  Sources: ModelOpt torch/quantization/qtensor/nvfp4_tensor.py, mxfp4_tensor.py and torch/export/unified_export_hf.py; transformers
 *  integrations/finegrained_fp8.py (Fp8Dequantize). */
import { e2m1Values } from "../bytes/small-float";
import { parametersOf, type Shape, type Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import {
  activationPartsOf,
  floatMethods,
  isFloatMethod,
  isOfComfyUi,
  scaleOf,
  scaleValues,
  secondScaleOf,
} from "./float-parts";
import { bytesOf } from "./part";
import { multiplyByScales, scaleBlocksOf, type ScaleBlocks } from "./scale-blocks";
import type { LogicalWeight, Scheme } from "./scheme";
import { stackedExperts } from "./stacked-experts";

const { fround } = Math;

/** Types that hold two codes in a byte; the shape of F4 counts codes, that of the others bytes. */
const packedTypes: ReadonlySet<string> = new Set(["U8", "I8", "F4"]);

/** NVFP4 as ModelOpt writes it, MXFP4 as DeepSeek-V4 and ModelOpt do. */
export const fp4: Scheme = {
  name: "NVFP4 and MXFP4",
  methods: floatMethods,
  find(file) {
    if (!isFloatMethod(file)) return [];
    const packed = [...file.tensors.values()].filter(({ dtype, shape }) => packedTypes.has(dtype) && shape.length > 1);
    return packed.flatMap((codes) => {
      const scale = isOfComfyUi(file, codes) ? undefined : scaleOf(file, codes);
      const weight = scale && weightOf(file, codes, scale);
      return weight ? [weight] : [];
    });
  },
};

/** How the codes of a weight lie in its bytes. */
interface Packing {
  readonly shape: Shape;
  /** Whether two neighbours of a byte are two rows, not two columns. */
  readonly packsRows: boolean;
  readonly grid: ScaleBlocks;
}

function weightOf(file: FileTensors, codes: Tensor, scale: Tensor): LogicalWeight | undefined {
  const isNvidia = scale.dtype === "F8_E4M3";
  if (!isNvidia && scale.dtype !== "F8_E8M0" && scale.dtype !== "U8") return undefined;
  const packing = packingOf(codes, scale.shape, isNvidia ? 16 : 32);
  if (!packing) return undefined;
  const second = isNvidia ? needSecondScale(file, codes, packing.shape) : undefined;
  const { shape } = packing;
  return {
    name: codes.name,
    shape,
    description: stackedExperts(shape, packing.packsRows ? "first" : "last"),
    scheme: isNvidia ? "NVFP4" : "MXFP4",
    parts: [codes, scale, ...(second ? [second] : []), ...activationPartsOf(file, codes)],
    async open({ signal }) {
      const scales = await scaleValues(scale, signal);
      if (second) multiplyBySecond(scales, await second.read({ signal }));
      return (values, from) => decodeRows(codes, packing, scales, { values, from, signal });
    },
  };
}

function packingOf({ dtype, shape: codes }: Tensor, scales: Shape, group: number): Packing | undefined {
  const isCounted = dtype === "F4";
  const doubled = (axis: number): Shape => codes.map((size, at) => (at === axis && !isCounted ? 2 * size : size));
  const last = codes.length - 1;
  for (const packsRows of codes.length > 2 && !isCounted ? [false, true] : [false]) {
    const shape = doubled(packsRows ? last - 1 : last);
    const grid = scaleBlocksOf(shape, scales, packsRows ? [group, 1] : [1, group]);
    const size = grid && (packsRows ? [grid.blockRows, grid.blockColumns] : [grid.blockColumns, grid.blockRows]);
    if (grid && size?.[0] === group && size[1] === 1) return { shape, packsRows, grid };
  }
  return undefined;
}

function needSecondScale(file: FileTensors, codes: Tensor, shape: Shape): Tensor {
  const matrices = parametersOf(shape.slice(0, -2));
  const second = secondScaleOf(file, codes);
  if (!second)
    return file.fail(codes, `"${codes.name}" is stored as NVFP4 and has no second scale`, "weight_scale_2 beside it");
  if (second.parameters !== 1 && second.parameters !== matrices)
    return file.fail(
      second,
      `"${second.name}" has ${second.parameters} elements beside a weight [${shape.join(", ")}]`,
      matrices === 1 ? "one" : `one, or ${matrices}, one a matrix`,
    );
  return second;
}

function multiplyBySecond(scales: Float32Array, second: Float32Array): void {
  const size = scales.length / second.length;
  for (let i = 0; i < scales.length; i++) scales[i] = fround(scales[i] * second[Math.floor(i / size)]);
}

interface Rows {
  readonly values: Float32Array;
  readonly from: number;
  readonly signal: AbortSignal | undefined;
}

async function decodeRows(
  codes: Tensor,
  { packsRows, grid }: Packing,
  scales: Float32Array,
  { values, from, signal }: Rows,
): Promise<void> {
  const { columns } = grid;
  if (packsRows) {
    const first = from >> 1;
    const bytes = await bytesOf(codes, signal, first * columns, ((from + values.length / columns + 1) >> 1) * columns);
    for (let at = 0, row = from; at < values.length; at += columns, row++) {
      const start = ((row >> 1) - first) * columns;
      const shift = 4 * (row & 1);
      for (let i = 0; i < columns; i++) values[at + i] = e2m1Values[(bytes[start + i] >> shift) & 15];
    }
  } else {
    const start = (from * columns) / 2;
    unpackFp4(await bytesOf(codes, signal, start, start + values.length / 2), values);
  }
  multiplyByScales(values, from, grid, scales);
}

/** The values of E2M1 codes, two to a byte, the first in the low half. */
export function unpackFp4(bytes: Uint8Array, values: Float32Array): void {
  for (let i = 0; i < values.length; i += 2) {
    const byte = bytes[i >> 1];
    values[i] = e2m1Values[byte & 15];
    values[i + 1] = e2m1Values[byte >> 4];
  }
}
