import { createHash } from "node:crypto";
import { OptionError } from "../errors";
import { saveSafetensors, type SavedFloatType } from "../formats/safetensors-writer";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import { type Displayed, displaySymbol, displayReport, type MimeBundle } from "../report/display";
import type { Report } from "../report/types";
import { sharedPool } from "../simd/pool";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import { parametersOf, type ReadOptions, type Shape, type Tensor } from "../tensor/tensor";
import { storedBytes, type StoredTensor } from "./stored";
import { workerModule } from "./tasks";

/** A tensor that is kept in its stored form and decoded on a worker thread when it is read. */
export class CompressedTensor implements Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly parameters: number;
  readonly sizeBytes: number;

  /** `dtype` says what was done: "linear 4-bit g128 · huffman". */
  constructor(
    private readonly stored: StoredTensor,
    readonly dtype: string,
  ) {
    this.name = stored.name;
    this.shape = stored.shape;
    this.parameters = parametersOf(stored.shape);
    this.sizeBytes = storedBytes(stored);
  }

  /** w′, as a consumer of the compressed model sees it. */
  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const signal = options.signal ?? currentHost().signal;
    const run = { label: this.name, ...(signal ? { signal } : {}) };
    const values = await sharedPool(workerModule).run<Float32Array>("restore", this.stored, run);
    // An array of this context, whichever one the thread's message was read in.
    return new Float32Array(values.buffer, values.byteOffset, values.length);
  }

  /** w′ as little-endian float32: what `read` gives, in bytes. */
  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    return new Uint8Array((await this.read(options)).buffer);
  }
}

export interface SaveOptions {
  /** Type of the values written; "F32" unless told. Tensors that the recipe left alone keep their own type. */
  readonly dtype?: SavedFloatType;
  readonly signal?: AbortSignal;
}

/** A model after a recipe. It is a `Model` like any other: its tensors read as w′, and it can be compressed again. */
export class CompressedModel extends TensorSet implements Displayed {
  /** As plain JSON. */
  readonly recipe: unknown;
  readonly seed: number;
  /** What every layer paid: frozen plain JSON that a cell shows as figures and a table. The same run gives the same report, to the byte. */
  readonly report: Report & Displayed;

  constructor(base: Model, tensors: readonly Tensor[], report: Report) {
    const variant = report.variants[0];
    super({
      name: `${base.name} (${variant.name})`,
      format: "compressed",
      tensors,
      metadata: base.metadata,
      sha256: async (options) => {
        // The base, the recipe and the seed determine every value.
        const origin = JSON.stringify([
          await base.sha256(options),
          variant.recipe,
          variant.seed,
          report.layers.map((l) => l.name),
        ]);
        return createHash("sha256").update(origin).digest("hex");
      },
    });
    this.recipe = variant.recipe;
    this.seed = variant.seed;
    this.report = displayReport(report);
  }

  /** Writes the values w′ as one safetensors file, atomically; returns its size in bytes. The file is a plain float model that any engine
   *  loads; it has the values of the compressed model, not its size. `OptionError` for another suffix. */
  async save(path: string, options: SaveOptions = {}): Promise<number> {
    checkOptionNames("save", options, ["dtype", "signal"]);
    if (!path.endsWith(".safetensors")) {
      const suffix = /\.[^./\\]*$/.exec(path)?.[0];
      throw new OptionError(
        `save(): ${suffix ? `"${suffix}" cannot be written` : `"${path}" has no suffix`}; save("model.safetensors") writes the values as float32, { dtype: "F16" } or "BF16" as 16-bit floats`,
      );
    }
    const { dtype = "F32", signal } = options;
    return saveSafetensors(this, path, {
      dtype: (tensor) => (tensor instanceof CompressedTensor || options.dtype ? dtype : undefined),
      ...(signal ? { signal } : {}),
    });
  }

  [displaySymbol](): MimeBundle {
    return this.report[displaySymbol]();
  }
}
