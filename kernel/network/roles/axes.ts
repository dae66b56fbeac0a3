/** Which way a weight lies: what its name, its bias and its neighbours tell of its axes. */
import type { Axes, TensorRole } from "../../tensor/role";
import type { Shape } from "../../tensor/tensor";
import type { Neighbours } from "./neighbours";
import type { Subject } from "./subject";

const axes = (output: readonly number[], input: readonly number[], stacked: readonly number[] = []): Axes => ({
  output,
  input,
  stacked,
});

/** (out, in, …kernel), as torch keeps weights. */
export const torchAxes: Axes = axes([0], [1]);
/** (in, out, …kernel), as transposed convolutions and Conv1D of GPT-2 lie. */
export const turnedAxes: Axes = axes([1], [0]);

/** (…kernel, in, out), as Keras and flax keep kernels. */
export function kerasAxes({ length }: Shape): Axes {
  return axes([length - 1], [length - 2]);
}

/** (…kernel, out, in), as TensorFlow keeps transposed convolutions. */
export function turnedKerasAxes({ length }: Shape): Axes {
  return axes([length - 2], [length - 1]);
}

/** (height, width, in, several): outputs of each channel by themselves. */
export function kerasDepthwiseAxes({ length }: Shape): Axes {
  return axes([length - 2, length - 1], []);
}

const transposedNames =
  /(^|[._])(conv_?t\d*|convt_\w+|convtr|conv_?tr\d*|conv_?trans\w*|conv\dd_?transpose\w*|transpose[sd]?_?conv\w*|tconv\d*|de_?conv\w*|conv_transpose\w*|transconv\w*|trans_conv\w*)(\.|_|$)/;
/** Names of upsampling layers: with an even kernel they are transposed convolutions, with an odd one convolutions behind an interpolation. */
const upsamplingNames =
  /(^|[._])(ups|up|upsample|upsampler|upsamplers|upsampling|up_?conv\w*|upscale\w*|upscale_conv\d*|conv_up|output_upscaling|fpn_layers\.\d+\.scale_layers)(_?\d+)?(\.|$)/;

/** Whether a convolution of torch is transposed, (in, out, …kernel). */
function isTransposed(subject: Subject, bias: number | undefined): boolean {
  const { path, shape } = subject;
  const [first, second, ...kernel] = shape;
  // A bias of another length than the first axis is that of a transposed one; of square kernels too, where groups make it longer.
  if (bias !== undefined && (first !== second || bias !== first)) {
    if (bias === first && bias !== second) return transposedNames.test(path) && second === 1;
    if (bias === second) return true;
    if (bias % second === 0 && first % (bias / second) === 0) return true;
  }
  if (transposedNames.test(path)) return true;
  return upsamplingNames.test(path) && kernel.length > 0 && kernel.every((size) => size % 2 === 0);
}

const depthwiseNames =
  /(^|[._])(dw\w*|depthwise\w*|depth_?conv\w*|conv_?dw\w*|dwconv\w*|dconv|conv_?1d|fsmn|spatial_conv\w*|token_mixer|token_mixer_dw|depth_wise\w*)(\.|_|$)/;

/** The axes of a weight in torch's manner: the name of a transposed layer, a bias as long as the second axis, a kernel of one input for each
 *  output tell of the exceptions to (out, in, …kernel). */
export function axesByShape(role: TensorRole, subject: Subject, neighbours: Neighbours): Axes {
  const { shape, path } = subject;
  if (shape.length < 2) return axes([0], []);
  if (role === "expert" && shape.length === 3) return expertAxes(subject, neighbours);
  if (role === "embedding") return torchAxes;
  const bias = neighbours.biasOf(subject);
  if (shape.length === 2) {
    if (neighbours.turned(subject)) return turnedAxes;
    const [first, second] = shape;
    return bias !== undefined && first !== second && bias === second ? turnedAxes : torchAxes;
  }
  if (role !== "convolution") return axes([1], [2], [0]);
  const [first, second] = shape;
  const transposed = isTransposed(subject, bias);
  if (second === 1 && first > 1 && (bias === undefined || bias === first)) {
    if (transposed || depthwiseNames.test(path) || neighbours.before(subject) === first) return axes([0], []);
  }
  // In groups, the outputs of one group lie beside those of the others along the second axis: no two of them may share what belongs to one.
  if (transposed && bias !== undefined && bias > second && bias % second === 0) return axes([0, 1], []);
  return transposed ? turnedAxes : torchAxes;
}

/** (experts, out, in) unless the shapes beside it show (experts, in, out): fused gate and up give twice what down takes, and all of them meet
 *  the width of the network. */
function expertAxes(subject: Subject, neighbours: Neighbours): Axes {
  const upright = axes([1], [2], [0]);
  const turned = axes([2], [1], [0]);
  const { shape, path, prefix, name } = subject;
  const besideLayer = (...layers: readonly string[]): Shape | undefined =>
    layers
      .map((layer) => neighbours.shapeOf(name.replace(/[^.]+\.weight$/, `${layer}.weight`)))
      .find((one) => one !== undefined);
  if (/_exps(\.|$)/.test(path)) return upright;
  const [, first, second] = shape;
  const beside = (...words: readonly string[]): Shape | undefined =>
    words.map((word) => neighbours.shapeOf(`${prefix}${word}`)).find((one) => one !== undefined);
  const fused =
    beside("gate_up_proj", "w13", "w13_weight", "gate_up_proj.weight") ?? besideLayer("fc1", "input_linear");
  const down = beside("down_proj", "w2", "w2_weight", "down_proj.weight") ?? besideLayer("fc2", "output_linear");
  if (fused?.length === 3 && down?.length === 3) {
    if (fused[1] === 2 * down[2] && fused[2] === down[1]) return upright;
    if (fused[2] === 2 * down[1] && fused[1] === down[2]) return turned;
  }
  const isDown = /(^|[._])(down\w*|w2\w*|wo|fc2|output_linear|linear_(fc)?2)(\.|$)/.test(path.replace(/\.weight$/, ""));
  const width = neighbours.width;
  if (first === second || width === undefined) return neighbours.expertsTurned ? turned : upright;
  if (isDown) return second === width && first !== width ? turned : upright;
  return first === width && second !== width ? turned : upright;
}
