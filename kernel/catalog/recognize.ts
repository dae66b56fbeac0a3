/** Tells the format of a file by its first bytes; by its ending only where they are nobody's. */
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import type { Container, Format, InnerReader, ReadContext } from "./format";
import { formats } from "./formats";
import { refusedByName, refusedFile } from "./refused";

/** How many first bytes tell. */
export const headBytes = 16;
/** How many are looked at to say what a pickle is of. */
const pickleBytes = 1024;

/** A model, and the format that it was read from. */
export interface OpenedModel {
  /** As its reader opened it, without the settings that lie beside it. */
  readonly model: Model;
  /** The row of the table; of an archive, that of the file inside. */
  readonly format: Format;
  /** What it is read from; of an archive, the file inside. */
  readonly source: ByteSource;
}

/** Archives in archives: each is read through all around it. */
const maxWrappings = 8;

/** Opens a file of whatever format as the model called `name`; of an archive, the model inside. `FormatError` when no format begins like
 *  this, or the file breaks the rules of the one that does. */
export async function openRecognized(source: ByteSource, name: string, context: ReadContext): Promise<OpenedModel> {
  return openWrapped(source, name, context, 0);
}

async function openWrapped(
  source: ByteSource,
  name: string,
  context: ReadContext,
  wrappings: number,
): Promise<OpenedModel> {
  const { signal } = context;
  const head = await source.read(0, Math.min(headBytes, source.byteLength), signal);
  // A pickle tells what it is a pickle of a little further on.
  const front = head[0] === 0x80 ? await source.read(0, Math.min(pickleBytes, source.byteLength), signal) : head;
  const found = readerOf(head, front, source);
  if (!("reader" in found)) return openInside(found, source, name, context);
  const { reader } = found;
  if ("unwrap" in reader) {
    if (wrappings === maxWrappings)
      throw new FormatError(source.name, 0, `this is an archive within ${wrappings} archives`, "a model");
    return openWrapped(await reader.unwrap(source, signal), name, context, wrappings + 1);
  }
  if ("container" in reader) return openInside(reader.container, source, name, context);
  return { model: await reader.open(source, name, context), format: found, source };
}

/** The formats, or containers of several, whose files begin like this: one, or none. */
export function claimsOf(head: Uint8Array): readonly (Format | Container<unknown>)[] {
  const text = Buffer.from(head).toString("latin1");
  return [
    ...formats.filter(({ reader }) => "begins" in reader && reader.begins.test(text)),
    ...containers.filter(({ begins }) => begins.test(text)),
  ];
}

const containers: readonly Container<unknown>[] = [
  ...new Set(formats.flatMap(({ reader }) => ("container" in reader ? reader.container : []))),
];

function readerOf(head: Uint8Array, front: Uint8Array, source: ByteSource): Format | Container<unknown> {
  const [claim] = claimsOf(head);
  const named = refusedByName(source.name);
  if (claim && !named) return claim;
  const known = named ?? refusedFile(Buffer.from(front).toString("latin1"), source.name);
  if (known) throw new FormatError(source.name, 0, `this is ${known.what}`, known.remedy);
  const byEnding =
    containers.find(({ ending }) => ending !== undefined && source.name.endsWith(ending)) ??
    formats.find(({ isReadByEnding, endings }) => isReadByEnding && endings.some((one) => source.name.endsWith(one)));
  if (byEnding) return byEnding;
  const titles = formats.flatMap(({ title }) => title ?? []);
  const expected = `${titles.slice(0, -1).join(", ")} or ${titles[titles.length - 1]} file`;
  throw new FormatError(source.name, 0, `the format of this file is not known (${describe(head)})`, expected);
}

async function openInside(
  container: Container<unknown>,
  source: ByteSource,
  name: string,
  context: ReadContext,
): Promise<OpenedModel> {
  const contents = await container.read(source, context.signal);
  for (const format of formats) {
    const reader: Format["reader"] = format.reader;
    if (isInside(reader, container) && reader.holds(contents))
      return { model: await reader.open(source, name, context, contents), format, source };
  }
  const known = container.refused?.(contents);
  if (known) throw new FormatError(source.name, 0, `this is ${known.what}`, known.remedy);
  throw new FormatError(source.name, 0, `this is ${container.what} of something else`, container.expected);
}

function isInside(reader: Format["reader"], container: Container<unknown>): reader is InnerReader<unknown> {
  return "container" in reader && reader.container === container;
}

function describe(head: Uint8Array): string {
  if (head.length === 0) return "it is empty";
  return `it begins with ${[...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}
