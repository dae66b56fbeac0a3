/** Weight normalization of torch: a weight kept as its size and its direction,
 *
 *    X_g, X_v                                         torch.nn.utils.weight_norm, X = "weight", "weight_hh_l0", …
 *    parametrizations.X.original0, original1          torch.nn.utils.parametrizations.weight_norm
 *
 *    w = v·(g / ‖v‖),  g/‖v‖ and the product each rounded to float32; the norm is over all axes but one, that along which g has a
 *    number each, or over all of them where g is one number.
 *
 *  Only where no config says of which class the network is: a class of transformers names the two as its parameters, and they stay.
 *  Source: torch/nn/utils/weight_norm.py, torch/nn/utils/parametrizations.py. */
import { pause, throwIfStopped } from "../bytes/pause";
import { parametersOf, type Tensor } from "../tensor/tensor";
import { numbersOf, readElements } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";

/** How the weight is said to be stored. */
export const weightNormScheme = "torch weight norm";

const floats = ["F32", "F16", "BF16", "F64"];
/** Values whose squares are added between two turns of the event loop. */
const sliceValues = 1 << 20;

/** The scheme. */
export const weightNorm: Scheme = {
  name: "weight norm",
  isOfNumbers: true,
  methods: [],
  find(file) {
    if (Object.keys(file.config).length > 0) return [];
    return [...file.tensors.values()].flatMap((direction) => {
      const pair = pairOf(direction.name);
      const size = pair && file.find(pair.size);
      const axis = size && axisOf(direction, size);
      if (!pair || !size || axis === undefined || file.tensors.has(pair.weight)) return [];
      return [weightOf(pair.weight, direction, size, axis)];
    });
  },
};

/** The names of the size and of the weight that a direction belongs to. */
function pairOf(name: string): { readonly size: string; readonly weight: string } | undefined {
  const old = /^(?<weight>(?:.*\.)?weight\w*)_v$/.exec(name)?.groups;
  if (old) return { size: `${old.weight}_g`, weight: old.weight };
  const fresh = /^(?<path>(?:.*\.)?)parametrizations\.(?<own>\w+)\.original1$/.exec(name)?.groups;
  return fresh && { size: name.replace(/1$/, "0"), weight: `${fresh.path}${fresh.own}` };
}

/** The axis along which sizes differ, −1 for one size in all; undefined where the two do not fit. */
function axisOf(direction: Tensor, size: Tensor): number | undefined {
  if (!floats.includes(direction.dtype) || !floats.includes(size.dtype) || direction.shape.length < 2) return undefined;
  if (size.parameters === 1) return -1;
  const long = size.shape.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  const [axis] = long;
  const fits = size.shape.length === direction.shape.length && size.shape[axis] === direction.shape[axis];
  return long.length === 1 && fits ? axis : undefined;
}

function weightOf(name: string, direction: Tensor, size: Tensor, axis: number): LogicalWeight {
  return {
    name,
    shape: direction.shape,
    scheme: weightNormScheme,
    parts: [direction, size],
    open: (reading) => open(name, direction, size, axis, reading),
  };
}

async function open(
  name: string,
  direction: Tensor,
  size: Tensor,
  axis: number,
  { signal }: Reading,
): Promise<DecodeRows> {
  const { shape } = direction;
  const columns = shape[shape.length - 1];
  // Position i of the row-major values is number ⌊i / stride⌋ modulo count along the axis.
  const count = axis < 0 ? 1 : shape[axis];
  const stride = axis < 0 ? direction.parameters : parametersOf(shape.slice(axis + 1));
  const squares = new Float64Array(count);
  const slice = Math.max(columns, sliceValues - (sliceValues % Math.max(1, columns)));
  for (let from = 0; from < direction.parameters; from += slice) {
    const values = new Float32Array(Math.min(slice, direction.parameters - from));
    await readElements(direction, values, from, signal);
    for (let i = 0; i < values.length; i++) squares[Math.floor((from + i) / stride) % count] += values[i] * values[i];
    await pause();
    throwIfStopped(signal, `reading ${name}`);
  }
  const factors = (await numbersOf(size, signal)).map((g, at) => g / Math.fround(Math.sqrt(squares[at])));
  return async (values, from) => {
    const start = from * columns;
    await readElements(direction, values, start, signal);
    for (let i = 0; i < values.length; i++) values[i] *= factors[Math.floor((start + i) / stride) % count];
  };
}
