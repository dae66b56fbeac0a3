/** What is known of a format of model files: how its files are called, what they begin with, who reads and who writes them. The formats
 *  themselves are the rows of formats.ts. */
import type { ByteSource } from "../bytes/source";
import type { Siblings } from "../formats/siblings";
import type { PlannedSave } from "../save/save-plan";
import type { FileOptions, SavedModel } from "../save/saved-model";
import type { Model } from "../tensor/model";

/** One format. */
export interface Format {
  /** What `Model.format` calls it. */
  readonly name: string;
  /** Its files as a list of what can be read names them: "GGUF", "a PyTorch"; absent where another row's words hold for it too. */
  readonly title?: string;
  /** Endings by which the one model of a folder is found. */
  readonly endings: readonly string[];
  /** Endings that its files have too, and that files of other kinds share. */
  readonly sharedEndings?: readonly string[];
  /** The names under which it is usually saved, in the order in which a folder's are tried. */
  readonly usualNames?: readonly string[];
  /** The ending of a file that holds a whole model: it may be left out where one is opened by name, and `save` writes the format by it. */
  readonly impliedEnding?: string;
  /** The files' names say more than that of their repository on the Hub: one repository holds many of them. */
  readonly hasTellingNames?: boolean;
  /** The ending alone is reason enough to read a file whose first bytes are no format's: the reader says which byte is wrong. */
  readonly isReadByEnding?: boolean;
  /** How a file is recognized and read. */
  readonly reader: Reader | InnerReader<unknown> | Wrapping;
  /** Where the model's settings are: in the `config.json` beside it (unless told), in the file itself as JSON, or in its metadata, where
   *  nothing needs to be read. */
  readonly settings?: "file" | "metadata";
  /** The names of all files that belong to a first one and follow from its name, in order, and which of them it is, from 0; `undefined`
   *  for a file that stands alone by its name. */
  partsByName?(name: string): { readonly at: number; readonly names: readonly string[] } | undefined;
  /** The plain names of the files that a first one, which is JSON, names. It is not checked yet, so there may be anything. */
  partsInJson?(json: Readonly<Record<string, unknown>>): readonly unknown[];
  /** Plans a model as one file of the format. Absent: the format is read only, or is a folder. */
  plan?(model: SavedModel, options: FileOptions): Promise<PlannedSave>;
}

/** What a reader may need beside the file. */
export interface ReadContext {
  /** Stops the reading. */
  readonly signal: AbortSignal | undefined;
  /** The files beside it. */
  readonly siblings: Siblings;
}

/** Reads files that are told by their own first bytes. */
export interface Reader {
  /** Matches the first 16 bytes (fewer where the file is shorter), read as Latin-1. */
  readonly begins: RegExp;
  /** Opens the file as the model called `name`; reads headers only. `FormatError` for a file that breaks the format's rules. */
  open(source: ByteSource, name: string, context: ReadContext): Promise<Model>;
}

/** Reads files that share a container, such as a zip archive, with other formats, and are told by what it holds. */
export interface InnerReader<Contents> {
  /** What its files share with others. */
  readonly container: Container<Contents>;
  /** Whether the container holds a file of this format; at most one format says so. */
  holds(contents: Contents): boolean;
  /** As of `Reader`. */
  open(source: ByteSource, name: string, context: ReadContext, contents: Contents): Promise<Model>;
}

/** Several formats in one: what they have in common, and how to look inside. */
export interface Container<Contents> {
  /** As of `Reader`. */
  readonly begins: RegExp;
  /** As `isReadByEnding` of a format. */
  readonly ending?: string;
  /** What the formats inside are told by. */
  read(source: ByteSource, signal: AbortSignal | undefined): Promise<Contents>;
  /** What it is, for the error where no format is inside: "a zip archive". */
  readonly what: string;
  /** What was expected in it then. */
  readonly expected: string;
  /** What it is, where no format is inside, and what to open instead. */
  refused?(contents: Contents): { readonly what: string; readonly remedy: string } | undefined;
}

/** A file that holds another file, which may be of any format. */
export interface Wrapping {
  /** As of `Reader`. */
  readonly begins: RegExp;
  /** The file inside, read and decoded where it is asked for. */
  unwrap(source: ByteSource, signal: AbortSignal | undefined): Promise<ByteSource>;
}
