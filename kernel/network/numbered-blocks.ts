/** The numbered blocks of a network, such as the layers of a transformer, read from the names of its tensors. */
import { blockName, placeOf } from "../tensor/layer-names";
import type { RoleDescription } from "../tensor/role";
import type { Shape } from "../tensor/tensor";

/** A tensor as far as wiring asks: name and shape, and what it is where that is known. */
export interface NamedShape extends Partial<RoleDescription> {
  /** The tensor's name in the model. */
  readonly name: string;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: Shape;
}

/** The axis along which a weight's outputs lie, or its inputs; `undefined` where nothing tells, and where there is not one of each. */
export function axisOf({ axes }: NamedShape, side: "output" | "input"): number | undefined {
  return axes?.output.length === 1 && axes.input.length === 1 ? axes[side][0] : undefined;
}

/** The tensors of one block. */
export interface Block {
  /** What the names of the stack's blocks begin with: "encoder.layer.". */
  readonly prefix: string;
  /** The block's number in its names, from 0. */
  readonly index: number;
  /** "block 3". */
  readonly name: string;
  /** In the model's order. */
  readonly tensors: readonly NamedShape[];
}

/** The numbered blocks of a network, stack by stack, in ascending order. */
export function numberedBlocks(tensors: readonly NamedShape[]): Block[] {
  const blocks = new Map<string, { prefix: string; index: number; name: string; tensors: NamedShape[] }>();
  for (const tensor of tensors) {
    const numbered = blockName(tensor.name);
    if (!numbered) continue;
    const key = `${numbered.prefix}${numbered.index}`;
    const block = blocks.get(key) ?? { ...numbered, name: placeOf(tensor.name).block, tensors: [] };
    block.tensors.push(tensor);
    blocks.set(key, block);
  }
  const stacks = [...new Set([...blocks.values()].map(({ prefix }) => prefix))];
  return [...blocks.values()].sort((a, b) => stacks.indexOf(a.prefix) - stacks.indexOf(b.prefix) || a.index - b.index);
}
