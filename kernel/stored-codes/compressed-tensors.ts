/** The formats of compressed-tensors, as llm-compressor and Codebook's own `saveCompressedTensors` write them; save/compressed-tensors-layout.ts
 *  draws them. In the place of a module's `weight` stand
 *
 *    weight_packed I32, weight_shape   pack-quantized: whole numbers of 1 to 8 bits (compressed-tensors-packed.ts)
 *    weight_packed U8                  nvfp4-, mxfp4-, mxfp6-pack-quantized: small floats (compressed-tensors-floats.ts)
 *    weight I8, F8_E4M3 or F8_E5M2     int-, float-, naive- and mxfp8-quantized: numbers as they are (here)
 *
 *  with weight_scale (1), (out, 1), (out, groups) or (blocks down, blocks across), and weight_zero_point where codes are asymmetric.
 *
 *    w = (q − z)·s in float32, s of the group of the column; with `weight_g_idx` of group g_idx[column], as versions before 0.11 wrote.
 *
 *  Source: compressed-tensors 0.20 compressors/, quantization/lifecycle/forward_helpers.py. */
import { columnsOf, gridOf, moduleOf, scalesOf } from "./compressed-tensors-module";
import { fourBitFloats } from "./compressed-tensors-floats";
import { packedIntegers } from "./compressed-tensors-packed";
import { mapInOrder } from "../threads/pool";
import type { FileTensors } from "./file-tensors";
import { numbersOf, readElements } from "./part";
import { gridLabel, scaleGrid } from "./scale-grid";
import type { LogicalWeight, Scheme } from "./scheme";
import { stackedExperts } from "./stacked-experts";

const methods = ["compressed-tensors", "sparseml", "auto-round", "intel/auto-round"];

/** Sizes in `weight_shape` read at a time. */
const modulesAtOnce = 8;

/** The scheme. */
export const compressedTensors: Scheme = {
  name: "compressed-tensors",
  methods,
  async find(file) {
    if (file.method !== undefined && !methods.includes(file.method)) return [];
    // What Marlin's kernel wants is refused by name.
    const stems = file.stems("weight_packed").filter((stem) => !file.tensors.has(`${stem}scale_packed`));
    const packed = await mapInOrder(stems, modulesAtOnce, async (stem) => {
      const module = moduleOf(file, stem);
      const codes = file.need(`${stem}weight_packed`, "compressed-tensors", { dtypes: ["I32", "U8"] });
      return codes.dtype === "I32" ? packedIntegers(module, codes) : fourBitFloats(module, codes);
    });
    const isNamed = file.method === "compressed-tensors" || file.method === "sparseml";
    const plain = isNamed ? file.stems("weight_scale").flatMap((stem) => plainCodes(file, stem) ?? []) : [];
    return [...packed, ...plain];
  },
};

const plainTypes = ["I8", "F8_E4M3", "F8_E5M2"];

/** A weight whose codes are numbers of the file already; undefined where it is no code. */
function plainCodes(file: FileTensors, stem: string): LogicalWeight | undefined {
  const codes = file.find(`${stem}weight`);
  if (!codes || !plainTypes.includes(codes.dtype)) return undefined;
  const module = moduleOf(file, stem);
  const { scale, zeros, order, others } = module;
  const isMicroscaled = scale.dtype === "U8" || scale.dtype === "F8_E8M0";
  const [args] = module.argsThat((one) => scaleGrid(codes.shape, scale.shape, one.group, one.block) !== undefined);
  const grid = gridOf(module, codes.shape, args);
  if (zeros && zeros.parameters !== scale.parameters)
    file.fail(zeros, `"${zeros.name}" has ${zeros.parameters} numbers`, `${scale.parameters}, as many as scales`);
  const type = codes.dtype === "I8" ? `${args?.bits ?? 8}-bit` : codes.dtype.slice(3);
  return {
    name: codes.name,
    shape: codes.shape,
    description: stackedExperts(codes.shape, "last"),
    scheme: `compressed-tensors ${isMicroscaled ? "MXFP8" : type} ${gridLabel(grid, codes.shape)}`,
    parts: [codes, scale, ...(zeros ? [zeros] : []), ...(order ? [order] : []), ...others],
    open: async ({ signal }) => {
      const steps = await scalesOf(module, signal);
      const zero = zeros && (await numbersOf(zeros, signal));
      const groupOf = await columnsOf(module, codes.shape, grid, signal);
      const columns = codes.shape[codes.shape.length - 1];
      return async (values, from) => {
        await readElements(codes, values, from * columns, signal);
        for (let i = 0, row = from; i < values.length; row++) {
          const base = Math.floor(row / grid.height) * grid.across;
          for (let c = 0; c < columns; c++, i++) {
            const place = base + groupOf[c];
            values[i] = (zero ? values[i] - zero[place] : values[i]) * steps[place];
          }
        }
      };
    },
  };
}
