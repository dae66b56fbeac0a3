/** A module that compressed-tensors quantized: its parts, its scales, and the group of each column. */
import type { Tensor } from "../tensor/tensor";
import { argsFor, groupsOf, type WeightArgs } from "./compressed-tensors-settings";
import type { FileTensors } from "./file-tensors";
import { numbersOf } from "./part";
import { scaleGrid, type ScaleGrid } from "./scale-grid";

/** A module of the file: its parts, and what the settings say of its weight. */
export interface CompressedModule {
  readonly file: FileTensors;
  /** The name of its parameters up to the last dot, dot included. */
  readonly stem: string;
  readonly scale: Tensor;
  readonly zeros: Tensor | undefined;
  /** The group of each column, in files of old. */
  readonly order: Tensor | undefined;
  /** Parts that say nothing of the weight: scales of activations. */
  readonly others: readonly Tensor[];
  /** The arguments that `fits` leaves; none without settings. */
  argsThat(fits: (args: WeightArgs) => boolean): readonly WeightArgs[];
}

const activations = ["input_scale", "input_zero_point", "input_global_scale", "output_scale", "output_zero_point"];

/** The parts of the module called so. `FormatError` where it has no scale. */
export function moduleOf(file: FileTensors, stem: string): CompressedModule {
  const groups = groupsOf(file.quantization);
  return {
    file,
    stem,
    scale: file.need(`${stem}weight_scale`, "compressed-tensors"),
    zeros: file.find(`${stem}weight_zero_point`),
    order: file.find(`${stem}weight_g_idx`, { dtypes: ["I32", "I64"] }),
    others: activations.flatMap((name) => file.find(stem + name) ?? []),
    argsThat: (fits) => argsFor(stem.slice(0, -1), groups, fits),
  };
}

/** The grid of a module's scales. `FormatError` where they fit the weight in no way. */
export function gridOf(
  { file, scale, order }: CompressedModule,
  shape: readonly number[],
  args: WeightArgs | undefined,
): ScaleGrid {
  const grid = scaleGrid(shape, scale.shape, args?.group, args?.block);
  if (!grid)
    return file.fail(
      scale,
      `"${scale.name}" has shape [${scale.shape.join(", ")}] for a weight [${shape.join(", ")}]`,
      "a scale for all, for each row, for each group of the settings, or for each of their blocks",
    );
  checkStrategy(file, scale, shape, grid, args);
  if (order && order.parameters !== shape[shape.length - 1])
    file.fail(
      order,
      `"${order.name}" has ${order.parameters} numbers`,
      `${shape[shape.length - 1]}, one for each input`,
    );
  return grid;
}

/** `FormatError` where the settings say scales of another kind than are there: those of another model, or of another layer. */
function checkStrategy(
  file: FileTensors,
  scale: Tensor,
  shape: readonly number[],
  { height, width, across }: ScaleGrid,
  args: WeightArgs | undefined,
): void {
  const columns = shape[shape.length - 1];
  const isOne = scale.parameters === 1;
  const { strategy, group } = args ?? {};
  const contradicts =
    (strategy === "tensor" && !isOne) ||
    (strategy === "channel" && !isOne && (across > 1 || height > 1)) ||
    (/group$/.test(strategy ?? "") && group !== undefined && group < columns && width !== group) ||
    (strategy === "block" && !isOne && args?.block !== undefined && across === 1 && height === 1);
  if (contradicts)
    file.fail(
      scale,
      `"${scale.name}" has shape [${scale.shape.join(", ")}] for a weight [${shape.join(", ")}], and the settings say strategy "${strategy}"${group === undefined ? "" : ` with groups of ${group}`}`,
      "settings (quantization_config) of the model that the file holds",
    );
}

/** The scales as float32; exponents of the microscaling formats as the powers of two that they are. */
export async function scalesOf({ scale }: CompressedModule, signal: AbortSignal | undefined): Promise<Float32Array> {
  const stored = await numbersOf(scale, signal);
  return scale.dtype === "U8" ? stored.map((exponent) => (exponent === 255 ? NaN : 2 ** (exponent - 127))) : stored;
}

/** The group of each column. `FormatError` for one that has no scale. */
export async function columnsOf(
  { file, order }: CompressedModule,
  shape: readonly number[],
  { width, across }: ScaleGrid,
  signal: AbortSignal | undefined,
): Promise<Uint32Array> {
  const columns = shape[shape.length - 1];
  if (!order) return Uint32Array.from({ length: columns }, (_, column) => Math.floor(column / width));
  const groups = await numbersOf(order, signal);
  // Minus one in all places says that there is no order.
  if (groups.every((group) => group === -1))
    return Uint32Array.from({ length: columns }, (_, column) => Math.floor(column / width));
  const wrong = groups.findIndex((group) => !(group >= 0 && group < across));
  if (wrong >= 0) file.fail(order, `input ${wrong} is of group ${groups[wrong]}`, `a group from 0 to ${across - 1}`);
  return Uint32Array.from(groups);
}
