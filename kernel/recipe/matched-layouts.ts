/** Which tensor of another model is which of a base, where one of the two is a GGUF file and the other a folder of the same network: names, the
 *  order of rows and stacks of experts are then llama.cpp's in the one and transformers' in the other. The folder is seen as GGUF would have it,
 *  by the very tables that saving it goes by. */
import { ggufTensors, isFromFolder } from "../llama-cpp/from-folder";
import type { Model } from "../tensor/model";
import type { RoleDescription } from "../tensor/role";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../tensor/tensor";
import type { ConvertedTensor } from "../llama-cpp/from-folder";
import { matchTensors, type MatchedTensors } from "./matched-tensors";

/** The pairs, and the base's tensors as they are measured. */
export interface MatchedLayouts extends MatchedTensors {
  /** In the order of the base; experts that the other has stacked are one tensor. */
  readonly tensors: readonly Tensor[];
}

/** The pairs of a base and another model, in one layout. Layers are called as the base calls them. */
export function matchLayouts(base: Model, other: Model): MatchedLayouts {
  if (isFromFolder(base) && isGguf(other)) {
    const views = viewsOf(base);
    if (views) return named(views, matchTensors({ tensors: views.map(({ view }) => view) }, other));
  }
  if (isGguf(base) && isFromFolder(other)) {
    const views = viewsOf(other);
    if (views) return { tensors: base.tensors, ...matchTensors(base, { tensors: views.map(({ view }) => view) }) };
  }
  return { tensors: base.tensors, ...matchTensors(base, other) };
}

const isGguf = ({ metadata }: Model): boolean => metadata["general.architecture"] !== undefined;

/** A tensor of a folder as GGUF has it, and under the name that the folder has for it. */
interface View {
  readonly view: Tensor;
  readonly own: Tensor;
}

function viewsOf(model: Model): View[] | undefined {
  const converted = ggufTensors(model);
  if (!converted) return undefined;
  const tensors = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const seen = new Set<string>();
  const views = converted.map(({ tensor, originals }): View => {
    for (const { name } of originals) seen.add(name);
    const [first] = originals.map(({ name }) => tensors.get(name));
    const ownName = originals.length === 1 && first ? first.name : tensor.name;
    return { view: new GgufView(tensor, tensor.name, first), own: new GgufView(tensor, ownName, first) };
  });
  const rest = model.tensors
    .filter(({ name }) => !seen.has(name))
    .map((tensor): View => ({ view: tensor, own: tensor }));
  return [...views, ...rest];
}

/** Matches under the names of the folder. */
function named(views: readonly View[], { pairs, unmatched }: MatchedTensors): MatchedLayouts {
  const ownOf = new Map(views.map(({ view, own }) => [view, own]));
  const nameOf = new Map(views.map(({ view, own }) => [view.name, own.name]));
  return {
    tensors: views.map(({ own }) => own),
    pairs: pairs.map(({ origin, other }) => ({ origin: ownOf.get(origin) ?? origin, other })),
    unmatched: unmatched.map(({ name, reason }) => ({ name: nameOf.get(name) ?? name, reason })),
  };
}

/** A converted tensor, with the role of what it was made of. */
class GgufView implements Tensor {
  readonly shape: Shape;
  readonly dtype: string;
  readonly sizeBytes: number;
  readonly parameters: number;
  declare readonly role?: NonNullable<RoleDescription["role"]>;
  declare readonly roleReason?: string;

  constructor(
    private readonly tensor: ConvertedTensor["tensor"],
    readonly name: string,
    original: Tensor | undefined,
  ) {
    ({ shape: this.shape, dtype: this.dtype, sizeBytes: this.sizeBytes } = tensor);
    this.parameters = parametersOf(tensor.shape);
    if (original?.role !== undefined) this.role = original.role;
    if (original?.roleReason !== undefined) this.roleReason = original.roleReason;
  }

  async read(options?: ReadOptions): Promise<Float32Array> {
    return Float32Array.from(await this.tensor.read(options));
  }

  async readBytes(options?: ReadOptions): Promise<Uint8Array> {
    return this.tensor.readBytes(options);
  }
}
