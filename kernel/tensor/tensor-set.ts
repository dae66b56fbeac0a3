import { OptionError } from "../errors";
import { nearestWord } from "../options";
import type { Model } from "./model";
import type { Tensor } from "./tensor";

/** What a `TensorSet` is made of. */
export interface TensorSetParts {
  /** What reports call the model. */
  readonly name: string;
  /** "safetensors", "gguf", "memory", "compressed", … */
  readonly format: string;
  /** Names must differ. */
  readonly tensors: readonly Tensor[];
  /** The same tensors by their names, where somebody has sorted them so; absent: it is done here. */
  readonly byName?: ReadonlyMap<string, Tensor>;
  /** The file's own key–value pairs; absent: none. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What lies beside the weights, as plain JSON; absent or undefined: nothing. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The folder that `config` came from. */
  readonly folder?: string | undefined;
  /** Hashes the model's bytes when it is asked for; hex. */
  readonly sha256: (options?: { signal?: AbortSignal }) => Promise<string>;
}

/** A `Model` from its tensors. Counts are sums over the tensors; names are found in constant time. */
export class TensorSet implements Model {
  /** What reports call the model. */
  readonly name: string;
  /** "safetensors", "gguf", "memory", "compressed", … */
  readonly format: string;
  /** In the order of the file. */
  readonly tensors: readonly Tensor[];
  /** Number of elements of all tensors. */
  readonly parameters: number;
  /** Bytes of all tensors as stored, headers apart. */
  readonly sizeBytes: number;
  /** The file's own key–value pairs, as plain JSON values. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What lies beside the weights, as plain JSON. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The folder that `config` came from. */
  readonly folder?: string | undefined;
  private readonly byName: ReadonlyMap<string, Tensor>;
  private readonly hash: TensorSetParts["sha256"];

  constructor(parts: TensorSetParts) {
    this.name = parts.name;
    this.format = parts.format;
    this.tensors = parts.tensors;
    this.parameters = parts.tensors.reduce((sum, tensor) => sum + tensor.parameters, 0);
    this.sizeBytes = parts.tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0);
    this.metadata = parts.metadata ?? Object.create(null);
    if (parts.config) this.config = parts.config;
    if (parts.folder !== undefined) this.folder = parts.folder;
    this.byName = parts.byName ?? namesOf(parts.tensors);
    this.hash = parts.sha256;
    if (this.byName.size !== parts.tensors.length)
      throw new OptionError(`${parts.name}: two tensors have the name "${firstDuplicate(parts.tensors)}"`);
  }

  /** The tensor of that name; throws `OptionError` with the nearest name when there is none. */
  tensor(name: string): Tensor {
    const found = this.byName.get(name);
    if (found) return found;
    const guess = suggestName(name, [...this.byName.keys()]);
    throw new OptionError(
      `${this.name} has no tensor "${name}"; ${guess ? `did you mean "${guess}"?` : `it has ${this.tensors.length} tensors`}`,
    );
  }

  /** Fails with what saves: a model as it was opened has no form of its own to be written in. `CompressedModel` has one. */
  save(path: string): Promise<unknown> {
    return Promise.reject(
      new OptionError(
        `save(): ${this.name} is a model as it was opened; compress(model, …) gives one that saves, and saveSafetensors(model, ${JSON.stringify(path) ?? "path"}), saveGguf or saveTfjs write this one as it is`,
      ),
    );
  }

  /** SHA-256 (hex) of the model's bytes. */
  sha256(options?: { signal?: AbortSignal }): Promise<string> {
    return this.hash(options);
  }

  /** What Node prints of it: one line. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const count = `${this.tensors.length} ${this.tensors.length === 1 ? "tensor" : "tensors"}`;
    return `Model ${this.name} (${this.format}): ${count}, ${this.parameters} parameters, ${this.sizeBytes} bytes`;
  }
}

function namesOf(tensors: readonly Tensor[]): ReadonlyMap<string, Tensor> {
  const byName = new Map<string, Tensor>();
  for (const tensor of tensors) byName.set(tensor.name, tensor);
  return byName;
}

function firstDuplicate(tensors: readonly Tensor[]): string {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return "";
}

/** Edit distance costs the product of the lengths, so it is asked only of names of about the same, ordinary length. */
const longestSuggested = 200;

/** The name that was probably meant: one that ends in what was asked (`query.weight`), else the nearest by spelling. */
export function suggestName(name: string, known: readonly string[]): string | undefined {
  if (name.length === 0 || name.length > longestSuggested) return undefined;
  const ending = known.find((candidate) => candidate.endsWith(`.${name}`));
  if (ending) return ending;
  return nearestWord(
    name,
    known.filter((candidate) => Math.abs(candidate.length - name.length) <= 3),
  );
}
