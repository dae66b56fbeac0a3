/** What a tensor is to its model, and which way a weight lies. */

/** The roles of a tensor. The first five are weights; the others stay as they are unless a recipe names them. */
export type TensorRole =
  | "linear"
  | "convolution"
  | "embedding"
  | "expert"
  | "head"
  | "bias"
  | "norm"
  | "buffer"
  | "router"
  | "optimizer state"
  | "integer"
  | "unknown";

/** All roles. */
export const tensorRoles: readonly TensorRole[] = [
  "linear",
  "convolution",
  "embedding",
  "expert",
  "head",
  "bias",
  "norm",
  "buffer",
  "router",
  "optimizer state",
  "integer",
  "unknown",
];

/** Which axis of a weight is what, by numbers from 0; axes that are in no list are positions of a kernel. A weight (out, in, height, width) of
 *  torch has output [0] and input [1], one (height, width, in, out) of Keras output [3] and input [2], experts (experts, out, in) are stacked
 *  along [0]. */
export interface Axes {
  /** Axes that count outputs, the slowest first. */
  readonly output: readonly number[];
  /** Axes that count inputs; none where each output looks at its own input alone. */
  readonly input: readonly number[];
  /** Axes along which weights of their own lie side by side. */
  readonly stacked: readonly number[];
}

/** What is known of a tensor's part in its model. */
export interface RoleDescription {
  /** What it is to its model. */
  readonly role: TensorRole;
  /** Why, as a phrase: "llama: q_proj is a linear layer", "two dimensions, nothing says otherwise". */
  readonly roleReason: string;
  /** Of a weight. */
  readonly axes?: Axes;
}

/** What a tensor was told of its role, for a tensor that is made of it. */
export function toldOf({ role, roleReason, axes }: Partial<RoleDescription>): Partial<RoleDescription> {
  return {
    ...(role !== undefined && { role }),
    ...(roleReason !== undefined && { roleReason }),
    ...(axes && { axes }),
  };
}

const weightRoles: ReadonlySet<TensorRole> = new Set(["linear", "convolution", "embedding", "expert", "head"]);

/** Whether recipes touch tensors of that role unless told otherwise. */
export function isWeightRole(role: TensorRole): boolean {
  return weightRoles.has(role);
}
