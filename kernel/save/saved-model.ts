/** What the writers are given: a compressed model, and the choices of `CompressedModel.save`. */
import { basename } from "node:path";
import type { SavedFloatType } from "../formats/float-encoding";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { Hashed } from "../formats/write-pieces";
import type { Report } from "../report/types";
import type { Model } from "../tensor/model";

/** Options of `CompressedModel.save`. */
export interface SaveOptions {
  /** Type that all values are written in, also of tensors that the recipe left alone; whole numbers keep theirs. Without it w′ is float32, and
   *  what the recipe left alone keeps its own type and bytes. Goes with files and folders of floats; codes stay codes. */
  readonly dtype?: SavedFloatType;
  /** With a folder: that of the original model, whose config.json and tokenizer are carried on; by default the one it was opened from. */
  readonly from?: string;
  /** With a folder of plain weights: heads that were taken out are written as heads of zeros where transformers cannot have fewer (BERT,
   *  GPT-2). The answers stay, the file gets back its size. */
  readonly padHeads?: boolean;
  /** With a GGUF file: `general.architecture`, for a model that names none. Without it the file is written, and the summary says that no engine
   *  opens it. A model of a Hugging Face folder is then written with its own names, nothing turned for llama.cpp. */
  readonly architecture?: string;
  /** With a GGUF file: keys to add, to change, or, as `undefined`, to leave out. The summary tells which of the model's own have changed. */
  readonly metadata?: GgufMetadataInput;
  /** Where the writing breaks off (a full disk, an interrupt, a kill), keep what is written beside the file; the same call goes on from the
   *  last whole tensor, to the same bytes. `compress()` with a `checkpoint` keeps what comes before. */
  readonly resume?: boolean;
  /** Lets what is written take the place of the file or the folder that the model is read from, which goes when the new one is whole; without it
   *  that is refused. */
  readonly replace?: boolean;
  /** With a folder: the size above which the weights go to several files with an index, "5GB" unless told; "500MiB", or a number of bytes. */
  readonly maxShardSize?: string | number;
  /** Says in the files what they were made by: recipe, seed, version, hash of the source; default true. `false` leaves files as other writers
   *  make them, to the byte. */
  readonly provenance?: boolean;
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
}

/** A compressed model as the writers see it. */
export interface SavedModel
  extends Pick<Model, "name" | "tensors" | "metadata" | "config" | "folder">, Required<Hashed> {
  /** As plain JSON. */
  readonly recipe: unknown;
  /** What every layer paid. */
  readonly report: Report;
}

/** Choices for a model that is written as one file. */
export interface FileOptions {
  /** Type of all values written; `undefined`: float32 for what the recipe touched, the rest keeps its own type. */
  readonly dtype: SavedFloatType | undefined;
  /** As of `SaveOptions`; only of a GGUF file. */
  readonly architecture?: string | undefined;
  /** As of `SaveOptions`; only of a GGUF file. */
  readonly metadata?: GgufMetadataInput | undefined;
  /** As of `SaveOptions`. */
  readonly resume: boolean;
  /** As of `SaveOptions`. */
  readonly provenance: boolean;
  /** Stops the writing; `undefined`: the running cell's. */
  readonly signal: AbortSignal | undefined;
}

/** True for a network whose parts were taken out: its sizes are other than those of the model that it came from. */
export function isMadeSmaller({ report }: Pick<SavedModel, "report">): boolean {
  return report.variants[0].parameters !== undefined;
}

/** The name of a file that is written alone. */
export function fileName(path: string): string {
  return basename(path);
}
