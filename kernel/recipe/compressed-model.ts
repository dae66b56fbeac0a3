import { createHash } from "node:crypto";
import { OptionError } from "../errors";
import { safetensorsBits } from "../formats/safetensors";
import { saveTfjs } from "../formats/tfjs-writer";
import { saveSafetensors, type SavedFloatType, type SavedTensor } from "../formats/safetensors-writer";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import { type Displayed, displaySymbol, displayReport, type MimeBundle } from "../static/display";
import type { Report } from "../report/types";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";
import { isBitsandbytes } from "../save/bitsandbytes-layout";
import { CompressedTensor } from "../layer/layer-tensor";
import { headsForTransformers } from "../surgery/pad-heads";
import { saveBitsandbytes } from "../save/bitsandbytes";
import { saveCompressedTensors } from "../save/compressed-tensors";
import { saveCompressedGguf } from "../save/gguf";
import { checkGgufSizes, checkSizes, saveFolder } from "../save/plain-folder";

/** Options of `small.save(path)`. */
export interface SaveOptions {
  /** Type of the values written; "F32" unless told. Tensors that the recipe left alone keep their own type. */
  readonly dtype?: SavedFloatType;
  /** With a folder: that of the original model, whose config.json and tokenizer are carried on; by default the one it was opened from. */
  readonly from?: string;
  /** With a folder of plain weights: heads that were taken out are written as heads of zeros where transformers cannot have fewer (BERT,
   *  GPT-2). The answers stay, the file gets back its size. */
  readonly padHeads?: boolean;
  /** Where the writing breaks off (a full disk, an interrupt, a kill), keep what is written beside the file; the same call goes on from the
   *  last whole tensor, to the same bytes. `compress()` with a `checkpoint` keeps what comes before. */
  readonly resume?: boolean;
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
}

/** A model after a recipe. It is a `Model` like any other: its tensors read as w′, and it can be compressed again. */
export class CompressedModel extends TensorSet implements Displayed {
  /** As plain JSON. */
  readonly recipe: unknown;
  /** The seed that the random draws of its steps began with. */
  readonly seed: number;
  /** What every layer paid: frozen plain JSON that a cell shows as figures and a table. The same run gives the same report, to the byte. */
  readonly report: Report & Displayed;

  /** `settings`: those of a network that was made smaller. */
  constructor(
    base: Model,
    tensors: readonly Tensor[],
    report: Report,
    settings: Pick<Model, "config" | "metadata"> = base,
  ) {
    const variant = report.variants[0];
    super({
      name: `${base.name} (${variant.name})`,
      format: "compressed",
      tensors,
      metadata: settings.metadata,
      config: settings.config,
      folder: base.folder,
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
   *  - "small.gguf": GGUF with the metadata and the tokenizer of the GGUF file that the model came from, or written from those of its
   *    Hugging Face folder (BERT, Llama, Mistral, Qwen2, Qwen3, GPT-2; WordPiece, byte-level BPE and SentencePiece's BPE). Weights that
   *    `ggml` quantized are written as its blocks, in llama.cpp's very bytes; those of other methods as float values, and with `dtype`
   *    all of them.
   *  - "small/", a folder with config.json and tokenizer, as transformers loads it. Where weights were quantized they are packed, at the
   *    compressed size (`saveCompressedTensors` says of which methods, and has more options; nf4 and fp4: `saveBitsandbytes`); else they are plain, also of a network that was
   *    made smaller, with its new sizes in config.json. A TensorFlow.js model is written as one (`saveTfjs`), its values as floats.
   *  `OptionError` for another suffix, and for a folder that transformers could not open. */
  async save(path: string, options: SaveOptions = {}): Promise<number> {
    checkOptionNames("save", options, ["dtype", "from", "padHeads", "resume", "signal"]);
    const { dtype = "F32", resume = false } = options;
    const signal = { resume, ...(options.signal && { signal: options.signal }) };
    const choose = (tensor: unknown) => (tensor instanceof CompressedTensor || options.dtype ? dtype : undefined);
    if (/[/\\]$/.test(path)) return this.saveInto(path, options);
    for (const name of ["from", "padHeads"] as const)
      if (options[name] !== undefined)
        throw new OptionError(`save(): ${name} goes with a folder: save("small/", { ${name} })`);
    if (path.endsWith(".gguf")) {
      // Of a network that was made smaller: a model that came with lists may be saved with them.
      if (this.report.variants[0].parameters !== undefined) checkGgufSizes(this.metadata);
      return saveCompressedGguf(this.written(), path, { ...(options.dtype && { dtype: options.dtype }), ...signal });
    }
    if (path.endsWith(".safetensors")) return saveSafetensors(this.written(), path, { dtype: choose, ...signal });
    const suffix = /\.[^./\\]*$/.exec(path)?.[0];
    throw new OptionError(
      `save(): ${suffix ? `"${suffix}" cannot be written` : `"${path}" has no suffix`}; save("model.safetensors") or save("model.gguf") writes the values as float32, { dtype: "F16" } or "BF16" as 16-bit floats; save("folder/") writes them packed`,
    );
  }

  private async saveInto(folder: string, options: SaveOptions): Promise<number> {
    const { dtype, padHeads = false, resume = false, signal } = options;
    if (this.config?.modelTopology !== undefined) {
      if (dtype === "BF16" || padHeads || options.from !== undefined)
        throw new OptionError(
          `save(): a TensorFlow.js model takes { dtype: "F32" } or "F16", and neither padHeads nor from`,
        );
      return saveTfjs(this.written(), folder, { resume, ...(dtype && { dtype }), ...(signal && { signal }) });
    }
    const from = options.from ?? this.folder;
    const packed = this.tensors.some((one) => one instanceof CompressedTensor && one.outline.content.kind === "codes");
    if (packed) {
      if (dtype) throw new OptionError("save(): dtype goes with a file; a folder holds the weights packed");
      if (padHeads) throw new OptionError("save(): padHeads goes with plain weights; these are quantized");
      if (this.config)
        headsForTransformers({ tensors: this.tensors, metadata: this.metadata, config: this.config }, false);
      if (this.config) checkSizes(this.config);
      const choices = { resume, ...(from === undefined ? {} : { from }), ...(signal && { signal }) };
      const compressed = this.tensors.filter((one) => one instanceof CompressedTensor);
      return compressed.every(({ outline }) => isBitsandbytes(outline))
        ? saveBitsandbytes(this.written(), folder, choices)
        : saveCompressedTensors(this.written(), folder, choices);
    }
    const choose = ({ dtype: own }: SavedTensor) => dtype ?? (safetensorsBits.has(own) ? undefined : "F32");
    return saveFolder(this.written(), folder, {
      from,
      resume,
      dtype: choose,
      only: dtype,
      padHeads,
      signal: signal ?? currentHost().signal,
    });
  }

  /** As the writers see it: with a hash of all that was measured, which tells two results apart that have the same recipe in words. */
  private written() {
    const { name, tensors, metadata, config, folder, recipe, report } = this;
    const sha256 = () => Promise.resolve(createHash("sha256").update(JSON.stringify(report)).digest("hex"));
    return { name, tensors, metadata, config, folder, recipe, report, sha256 };
  }

  /** What a cell shows of it: its report. */
  [displaySymbol](): MimeBundle {
    return this.report[displaySymbol]();
  }
}
