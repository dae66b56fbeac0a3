import type { Model } from "../tensor/model";

/** Where in a file's nested data its tensors lie, for whoever chooses the part of it that is a model. */

/** A key of a dict that is text; a number is the key of a dict too, or a place in a list. */
export type PathKey = string | number;

/** For each tensor, by its name in the model, the keys that lead to it. */
export type TensorPaths = ReadonlyMap<string, readonly PathKey[]>;

const recorded = new WeakMap<Model, TensorPaths>();

/** Keeps the paths of a model that was just read; returns the model. */
export function recordPaths<T extends Model>(model: T, paths: TensorPaths): T {
  recorded.set(model, paths);
  return model;
}

/** The paths of a model that a reader of nested data gave; `undefined` for a model of any other file. */
export function pathsOf(model: Model): TensorPaths | undefined {
  return recorded.get(model);
}

const parts = new WeakMap<Model, string>();

/** Keeps which part of its file a model is, by the keys that lead to it with dots; returns the model. */
export function recordPart<T extends Model>(model: T, part: string | undefined): T {
  if (part !== undefined && part !== "") parts.set(model, part);
  return model;
}

/** Which part of its file a model is; `undefined` for one that is the whole, or of which nothing is known. */
export function partOf(model: Model): string | undefined {
  return parts.get(model);
}

/** The key of a model's metadata under which a list of sentences says what was passed over when its file was read. */
export const notesKey = "codebook.notes";

/** Metadata with more notes; the same where there are none. */
export function withNotes(
  metadata: Readonly<Record<string, unknown>>,
  notes: readonly string[],
): Readonly<Record<string, unknown>> {
  if (notes.length === 0) return metadata;
  const before: unknown = metadata[notesKey];
  return { ...metadata, [notesKey]: [...(Array.isArray(before) ? (before as unknown[]) : []), ...notes] };
}
