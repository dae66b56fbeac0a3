/** A tensor as its role is judged: its name taken apart, and what stands beside it in the model. */
import type { Shape } from "../../tensor/tensor";

/** What is known of a tensor before anything is said of its role. */
export interface JudgedTensor {
  /** The tensor's name in the model. */
  readonly name: string;
  /** Dimensions, outermost first. */
  readonly shape: Shape;
  /** The element type; absent: a type of real numbers. */
  readonly dtype?: string | undefined;
  /** How a weight is stored that the file keeps as codes: then `dtype` says nothing of its values. */
  readonly scheme?: string | undefined;
}

/** A name taken apart, in lower case but for `parameter`. */
export interface Subject extends JudgedTensor {
  /** Words between dots and slashes. */
  readonly words: readonly string[];
  /** The words again, with dots between them. */
  readonly path: string;
  /** Which parameter of its layer it is: "weight", "kernel", "in_proj_weight", "A_log"; behind torch's parametrizations "weight.original1". */
  readonly parameter: string;
  /** Path of the layer that it belongs to: "encoder.layer.0.output.dense"; "" for a parameter of the whole. */
  readonly layer: string;
  /** The last word of `layer` that is no number: "dense". */
  readonly layerWord: string;
  /** Number of dimensions that are greater than 1. */
  readonly extent: number;
  /** The path of the layer as the model writes it, with what follows it but for the parameter: "conv1." of "conv1.weight". */
  readonly prefix: string;
}

const parametrized = /^(.*[./]|)parametrizations[./]([^./]+)[./](original\d*|\d+[./][^./]+)$/;

/** Takes a name apart. */
export function subjectOf(tensor: JudgedTensor): Subject {
  const { shape, dtype, scheme } = tensor;
  const name = tensor.name.replace(/:0$/, "");
  const special = parametrized.exec(name);
  const prefix = special ? special[1] : name.slice(0, name.length - (/[^./]*$/.exec(name)?.[0].length ?? 0));
  const parameter = special ? `${special[2]}.${special[3].replace("/", ".")}` : name.slice(prefix.length);
  const words = name.toLowerCase().split(/[./]/).filter(Boolean);
  const layers = prefix.toLowerCase().split(/[./]/).filter(Boolean);
  return {
    name: tensor.name,
    shape,
    dtype,
    scheme,
    words,
    path: words.join("."),
    parameter,
    layer: layers.join("."),
    layerWord: [...layers].reverse().find((word) => !/^\d+$/.test(word)) ?? "",
    extent: shape.filter((size) => size > 1).length,
    prefix,
  };
}
