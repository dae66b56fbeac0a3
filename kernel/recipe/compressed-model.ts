import { createHash } from "node:crypto";
import { OptionError } from "../errors";
import { saveGguf } from "../formats/gguf-writer";
import { saveSafetensors, type SavedFloatType } from "../formats/safetensors-writer";
import { checkOptionNames } from "../options";
import { type Displayed, displaySymbol, displayReport, type MimeBundle } from "../report/display";
import type { Report } from "../report/types";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";
import { CompressedTensor } from "./compressed-tensor";
import { saveCompressedTensors } from "./save-compressed-tensors";

export interface SaveOptions {
  /** Type of the values written; "F32" unless told. Tensors that the recipe left alone keep their own type. */
  readonly dtype?: SavedFloatType;
  /** With a folder: that of the original model, whose config.json and tokenizer are carried on. */
  readonly from?: string;
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

  /** Writes the model, atomically; returns the bytes of its weights' file. What is written follows from the name:
   *  - "small.safetensors": the values w′ as floats, a plain model that any engine loads; it has the values of the compressed model, not
   *    its size.
   *  - "small.gguf": likewise as GGUF, with the metadata and the tokenizer of the GGUF file that the model came from.
   *  - "small/", a folder: packed weights with a config.json, at the compressed size, as vLLM and transformers load them;
   *    `saveCompressedTensors` says of which methods, and has more options.
   *  `OptionError` for another suffix. */
  async save(path: string, options: SaveOptions = {}): Promise<number> {
    checkOptionNames("save", options, ["dtype", "from", "signal"]);
    const { dtype = "F32", from } = options;
    const signal = options.signal ? { signal: options.signal } : {};
    const choose = (tensor: unknown) => (tensor instanceof CompressedTensor || options.dtype ? dtype : undefined);
    if (/[/\\]$/.test(path)) {
      if (options.dtype) throw new OptionError("save(): dtype goes with a file; a folder holds the weights packed");
      return saveCompressedTensors(this, path, { ...(from === undefined ? {} : { from }), ...signal });
    }
    if (from !== undefined) throw new OptionError('save(): from goes with a folder: save("small/", { from })');
    if (path.endsWith(".gguf")) return saveGguf(this, path, { dtype: choose, ...signal });
    if (path.endsWith(".safetensors")) return saveSafetensors(this, path, { dtype: choose, ...signal });
    const suffix = /\.[^./\\]*$/.exec(path)?.[0];
    throw new OptionError(
      `save(): ${suffix ? `"${suffix}" cannot be written` : `"${path}" has no suffix`}; save("model.safetensors") or save("model.gguf") writes the values as float32, { dtype: "F16" } or "BF16" as 16-bit floats; save("folder/") writes them packed`,
    );
  }

  [displaySymbol](): MimeBundle {
    return this.report[displaySymbol]();
  }
}
