/** The tensors of a file as schemes look at them: by name, with the settings beside them, without those that are taken. */
import { FormatError } from "../errors";
import type { Tensor } from "../tensor/tensor";

/** Plain JSON. */
export type Settings = Readonly<Record<string, unknown>>;

/** What lies beside the tensors. */
export interface FileSettings {
  /** Path, address or name of the file, for errors. */
  readonly file: string;
  /** config.json, or what stands for it; an empty object where there is none. */
  readonly config: Settings;
  /** `quantization_config` of the config, or the file that a scheme has in its place; undefined where there is none. */
  readonly quantization: Settings | undefined;
  /** The file's own key–value pairs. */
  readonly metadata: Settings;
  /** Stops the opening. */
  readonly signal: AbortSignal | undefined;
}

/** What a part has to be. Absent: anything. */
export interface PartRules {
  /** Types that it may have. */
  readonly dtypes?: readonly string[];
  /** Its dimensions. */
  readonly shape?: readonly number[];
  /** Its number of elements, whatever the dimensions. */
  readonly parameters?: number;
}

/** The tensors of a file that no scheme took yet. */
export class FileTensors implements FileSettings {
  readonly file: string;
  readonly config: Settings;
  readonly quantization: Settings | undefined;
  readonly metadata: Settings;
  readonly signal: AbortSignal | undefined;

  constructor(
    readonly tensors: ReadonlyMap<string, Tensor>,
    settings: FileSettings,
  ) {
    this.file = settings.file;
    this.config = settings.config;
    this.quantization = settings.quantization;
    this.metadata = settings.metadata;
    this.signal = settings.signal;
  }

  /** `quant_method` of the settings, in small letters; undefined where they name none. */
  get method(): string | undefined {
    const method = this.quantization?.quant_method;
    return typeof method === "string" ? method.toLowerCase() : undefined;
  }

  /** What stands before `suffix` in the names that end in it, in the order of the file: "layers.0.up." for "qweight". */
  stems(suffix: string): string[] {
    return [...this.tensors.keys()]
      .filter((name) => name === suffix || name.endsWith(`.${suffix}`))
      .map((name) => name.slice(0, name.length - suffix.length));
  }

  /** A part that may be absent; `FormatError` where it is there and breaks the rules. */
  find(name: string, rules: PartRules = {}): Tensor | undefined {
    const tensor = this.tensors.get(name);
    if (tensor) this.check(tensor, rules);
    return tensor;
  }

  /** A part that must be there. `FormatError`, which names `scheme`, where it is not or breaks the rules. */
  need(name: string, scheme: string, rules: PartRules = {}): Tensor {
    const tensor = this.find(name, rules);
    if (!tensor)
      throw new FormatError(this.file, 0, `there is no tensor "${name}"`, `one, for the weight is stored as ${scheme}`);
    return tensor;
  }

  /** `FormatError` at a tensor's first byte. */
  fail(tensor: Tensor, problem: string, expected: string): never {
    failAt(this.file, tensor, problem, expected);
  }

  private check(tensor: Tensor, { dtypes, shape, parameters }: PartRules): void {
    const is = `"${tensor.name}" is ${tensor.dtype} [${tensor.shape.join(", ")}]`;
    if (dtypes && !dtypes.includes(tensor.dtype)) this.fail(tensor, is, `the type ${dtypes.join(" or ")}`);
    if (shape && (shape.length !== tensor.shape.length || shape.some((size, axis) => size !== tensor.shape[axis])))
      this.fail(tensor, is, `the shape [${shape.join(", ")}]`);
    if (parameters !== undefined && parameters !== tensor.parameters) this.fail(tensor, is, `${parameters} elements`);
  }
}

/** `FormatError` at the first byte of a tensor, where that is known, else at byte 0 of `file`. */
export function failAt(file: string, tensor: Tensor, problem: string, expected: string): never {
  const range = tensor.fileRange?.();
  throw new FormatError(range?.path ?? file, range?.start ?? 0, problem, expected);
}
