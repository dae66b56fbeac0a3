/** Spectral normalization of torch: a weight that is divided by its largest singular value, whose singular vectors are kept beside it,
 *
 *    X_orig, X_u, X_v                                     torch.nn.utils.spectral_norm, X = "weight", …
 *    parametrizations.X.original, X.0._u, X.0._v          torch.nn.utils.parametrizations.spectral_norm
 *
 *    w = W / σ,  σ = uᵀ·M·v,  as a network computes in its evaluation mode,
 *
 *  where M is W as a matrix: the axis that u is as long as is its rows, all others in their order its columns. Where two axes fit (a convolution
 *  of as many outputs as inputs), the one of which u, v are singular vectors: u points where M·v does. σ is added up in double precision; it
 *  and the quotient are rounded to float32.
 *
 *  Only where no config says of which class the network is, as of weight norm. Source: torch/nn/utils/spectral_norm.py,
 *  torch/nn/utils/parametrizations.py. */
import { pause, throwIfStopped } from "../bytes/pause";
import { parametersOf, type Shape, type Tensor } from "../tensor/tensor";
import { failAt, type FileTensors } from "./file-tensors";
import { numbersOf, readElements } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";

const floats = ["F32", "F16", "BF16", "F64"];
/** Products that are added between two turns of the event loop. */
const sliceValues = 1 << 20;

/** The scheme. */
export const spectralNorm: Scheme = {
  name: "spectral norm",
  isOfNumbers: true,
  methods: [],
  find(file) {
    if (Object.keys(file.config).length > 0) return [];
    return [...file.tensors.values()].flatMap((original) => weightOf(file, original) ?? []);
  },
};

interface Names {
  readonly weight: string;
  readonly u: string;
  readonly v: string;
}

function namesOf(name: string): Names | undefined {
  const old = /^(?<weight>(?:.*\.)?\w+)_orig$/.exec(name)?.groups;
  if (old) return { weight: old.weight, u: `${old.weight}_u`, v: `${old.weight}_v` };
  const fresh = /^(?<path>(?:.*\.)?)parametrizations\.(?<own>\w+)\.original$/.exec(name)?.groups;
  if (!fresh) return undefined;
  const state = name.replace(/original$/, "0._");
  return { weight: `${fresh.path}${fresh.own}`, u: `${state}u`, v: `${state}v` };
}

interface Parts {
  readonly original: Tensor;
  readonly u: Tensor;
  readonly v: Tensor;
  /** Axes that u may be along. */
  readonly axes: readonly number[];
}

function weightOf(file: FileTensors, original: Tensor): LogicalWeight | undefined {
  const names = namesOf(original.name);
  const u = names && file.find(names.u);
  const v = names && file.find(names.v);
  if (!names || !u || !v || file.tensors.has(names.weight) || original.shape.length < 2) return undefined;
  // A second parametrization would come before or after this one.
  if (file.tensors.has(names.u.replace(/0\._u$/, "1._u")) && names.u.endsWith("0._u")) return undefined;
  if (![original, u, v].every(({ dtype }) => floats.includes(dtype)) || original.parameters === 0) return undefined;
  const { shape, parameters } = original;
  const axes = shape.flatMap((size, axis) =>
    size === u.parameters && parameters / size === v.parameters ? [axis] : [],
  );
  // Of a matrix it is the rows: no layer of torch has it otherwise.
  const own = shape.length === 2 ? axes.filter((axis) => axis === 0) : axes;
  if (own.length === 0)
    failAt(
      file.file,
      original,
      `"${original.name}" is [${shape.join(", ")}], its vectors "${u.name}" and "${v.name}" have ${u.parameters} and ${v.parameters} numbers`,
      "as many as an axis has positions, and the rest of them",
    );
  return {
    name: names.weight,
    shape,
    scheme: "torch spectral norm",
    parts: [original, u, v],
    open: (reading) => open({ original, u, v, axes: own }, file.file, reading),
  };
}

async function open(parts: Parts, file: string, { signal, note }: Reading): Promise<DecodeRows> {
  const { original, axes } = parts;
  const u = await numbersOf(parts.u, signal);
  const v = await numbersOf(parts.v, signal);
  const products = axes.map(() => new Float64Array(u.length));
  const columns = original.shape[original.shape.length - 1];
  const slice = Math.max(columns, sliceValues - (sliceValues % columns));
  for (let from = 0; from < original.parameters; from += slice) {
    const values = new Float32Array(Math.min(slice, original.parameters - from));
    await readElements(original, values, from, signal);
    axes.forEach((axis, at) => addProducts(products[at], values, from, original.shape, axis, v));
    await pause();
    throwIfStopped(signal, `reading ${original.name}`);
  }
  const found = products.map((product) => {
    const along = product.reduce((sum, value, i) => sum + value * u[i], 0);
    return { along, cosine: along / Math.hypot(...product) };
  });
  const best = found.reduce((a, b) => (b.cosine > a.cosine ? b : a));
  if (found.length > 1 && best.cosine < 0.9)
    note(
      `its vectors belong to none of its axes of ${u.length} positions, and the first was taken: a network that was not trained yet`,
    );
  const { along } = found.length > 1 && best.cosine >= 0.9 ? best : found[0];
  const sigma = Math.fround(along);
  if (!(Number.isFinite(sigma) && sigma !== 0))
    failAt(file, original, `the spectral norm of "${original.name}" is ${sigma}`, "a number other than 0");
  return async (values, from) => {
    await readElements(original, values, from * columns, signal);
    for (let i = 0; i < values.length; i++) values[i] /= sigma;
  };
}

/** Adds to (M·v)[r] what the values from element `from` on give, M having that axis of W as its rows. */
function addProducts(
  product: Float64Array,
  values: Float32Array,
  from: number,
  shape: Shape,
  axis: number,
  v: Float32Array,
): void {
  const inner = parametersOf(shape.slice(axis + 1));
  const size = shape[axis];
  for (let i = 0; i < values.length; i++) {
    const at = from + i;
    const outer = Math.floor(at / inner);
    product[outer % size] += values[i] * v[Math.floor(outer / size) * inner + (at % inner)];
  }
}
