import { createHash } from "node:crypto";
import { saveModel } from "../catalog/save";
import { sizesOf, type SizesOptions } from "../catalog/sizes";
import { configTextOf, withConfigText } from "../formats/config";
import { inheritFiles } from "../formats/source-files";
import type { Report } from "../report/types";
import type { SaveSummary } from "../save/save-summary";
import type { SavedModel, SaveOptions } from "../save/saved-model";
import type { SizeTable } from "../save/size-table";
import { type Displayed, displaySymbol, displayReport, type MimeBundle } from "../static/display";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Tensor } from "../tensor/tensor";

/** A model after a recipe. It is a `Model` like any other: its tensors read as w′, and it can be compressed again. */
export class CompressedModel extends TensorSet implements Displayed {
  /** As plain JSON. */
  readonly recipe: unknown;
  /** The seed that the random draws of its steps began with. */
  readonly seed: number;
  /** What every layer paid: frozen plain JSON that a cell shows as figures and a table. The same run gives the same report, to the byte. */
  readonly report: Report & Displayed;

  /** `settings`: those of a network that was made smaller. `own`: name and hash of a model that was compressed before and opened again. */
  constructor(
    base: Model,
    tensors: readonly Tensor[],
    report: Report,
    settings: Pick<Model, "config" | "metadata"> = base,
    own?: Pick<Model, "name" | "sha256">,
  ) {
    const variant = report.variants[0];
    super({
      name: own?.name ?? `${base.name} (${variant.name})`,
      format: "compressed",
      tensors,
      metadata: settings.metadata,
      config: settings.config,
      folder: base.folder,
      sha256: async (options) => {
        if (own) return own.sha256(options);
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
    inheritFiles(this, base);
    withConfigText(this.config, base.config && configTextOf(base.config));
  }

  /** Writes the model, atomically, and shows in one line what it is about to write. Returns what was written, layer by layer, with its bytes; a
   *  cell shows that as a table. What is written follows from the name:
   *  - "small.safetensors": the values w′ as floats, a plain model that any engine loads; it has the values of the compressed model, not
   *    its size.
   *  - "small.codebook": codes, tables, what coders made, masks and factors at the size that the report counts, with recipe, report and
   *    settings; `open` gives w′ from it, one tensor without the others.
   *  - "small.gguf": GGUF with the metadata and the tokenizer of the GGUF file that the model came from, or written from those of its
   *    Hugging Face folder (BERT, Llama, Mistral, Qwen2, Qwen3, GPT-2; WordPiece, byte-level BPE and SentencePiece's BPE). Weights that
   *    `ggml` quantized are written as its blocks, in llama.cpp's very bytes; those of other methods as float values, and with `dtype`
   *    all of them.
   *  - "small/", a folder with config.json and tokenizer, as transformers loads it. Where weights were quantized they are packed, at the
   *    compressed size (`saveCompressedTensors` says of which methods, and has more options; nf4 and fp4: `saveBitsandbytes`); else, and
   *    where a matrix lies (in, out), they are plain, also of a network that was made smaller, with its new sizes in config.json. A TensorFlow.js model is written as one
   *    (`saveTfjs`), its values as floats.
   *  `OptionError` for another suffix, and for a folder that transformers could not open. */
  override save(path: string, options: SaveOptions = {}): Promise<SaveSummary> {
    return saveModel(this.written(), path, options);
  }

  /** What the model takes in every form that `save` and its kin write: bytes of the file, bits per weight, bits that an engine holds after
   *  loading, what stays unpacked and what is padded. The bytes are those that the file will have; a form that does not take the model stands
   *  with its reason. Nothing is written. */
  sizes(options: SizesOptions = {}): Promise<SizeTable> {
    return sizesOf({ ...this.written(), sizeBytes: this.sizeBytes }, options);
  }

  /** As the writers see it: with a hash of all that was measured, which tells two results apart that have the same recipe in words. */
  private written(): SavedModel {
    const { name, tensors, metadata, config, folder, recipe, report } = this;
    const sha256 = () => Promise.resolve(createHash("sha256").update(JSON.stringify(report)).digest("hex"));
    return inheritFiles({ name, tensors, metadata, config, folder, recipe, report, sha256 }, this);
  }

  /** What a cell shows of it: its report. */
  [displaySymbol](): MimeBundle {
    return this.report[displaySymbol]();
  }
}
