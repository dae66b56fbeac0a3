/** A compressed model out of a `.codebook` file (codebook.ts says how it is written). Only header and contents are read. */
import { dirname, join } from "node:path";
import { readModelFile, type ModelFile, type ModelPiece } from "../archive/model-file";
import { sha256 } from "../bytes/hash";
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import { withConfigText } from "../formats/config";
import { FileTensor } from "../formats/file-tensor";
import { withGgufTypes, type GgufStoredType } from "../formats/gguf/metadata";
import type { JsonObject } from "../formats/json-file";
import { maxRank } from "../formats/limits";
import { ArchivedTensor, UnchangedTensor } from "../layer/archived-tensor";
import { layerName } from "../layer/checkpoint";
import { checkReport } from "../report/report";
import type { Report } from "../report/types";
import { validate } from "../report/validate";
import { isAxes, partsOfLayer } from "../stored/archived/layer";
import type { CodesOutline, StoredOutline } from "../stored/outline";
import { dtypes, sizeOf, type DType } from "../tensor/dtype";
import { tensorRoles, type RoleDescription } from "../tensor/role";
import type { Model } from "../tensor/model";
import { parametersOf, type Tensor } from "../tensor/tensor";
import { TensorSet } from "../tensor/tensor-set";

/** Weights that a file may hold for each of its bytes, beside a first few million: a constant of any length takes some bytes. */
const weightsPerByte = 2 ** 16;
const freeWeights = 2 ** 24;

/** A compressed model as it was opened; `open` makes a `CompressedModel` of it. */
export class OpenedCodebook extends TensorSet {
  /** What every layer paid, as it was saved. */
  readonly report: Report;

  constructor(
    private readonly source: ByteSource,
    name: string,
    private readonly file: ModelFile,
    report: Report,
    tensors: readonly Tensor[],
  ) {
    const { metadata, config, configText, ggufTypes } = file.contents;
    super({
      name,
      format: "codebook",
      tensors,
      metadata:
        ggufTypes === undefined ? (metadata as JsonObject) : withGgufTypes(metadata as JsonObject, typesIn(ggufTypes)),
      config: withConfigText(config as JsonObject | undefined, typeof configText === "string" ? configText : undefined),
      sha256: (options) => sha256([source], options),
    });
    this.report = report;
  }

  /** The parts of every tensor as they lie in the file: codes, tables, masks, what coders made, each as bytes. */
  raw(): Model {
    const { name, source, file, metadata } = this;
    const entries = file.contents.tensors as readonly JsonObject[];
    const tensors = file.pieces.flatMap((piece, at) => {
      const { layer } = entries[at];
      let start = piece.start;
      const parts = !isObject(layer)
        ? [{ name: piece.name, bytes: piece.byteLength }]
        : partsOfLayer(layer, piece.name);
      return parts.map((part) => {
        const tensor = new FileTensor(source, part.name, [part.bytes], "U8", start, part.bytes);
        start += part.bytes;
        return tensor;
      });
    });
    return new TensorSet({ name, format: "codebook", tensors, metadata, sha256: (options) => this.sha256(options) });
  }
}

/** Opens such a file. `FormatError`, which names the tensor, for contents that no writer wrote. */
export async function openCodebook(
  source: ByteSource,
  name: string,
  { signal }: { readonly signal: AbortSignal | undefined },
): Promise<OpenedCodebook> {
  const file = await readModelFile(source, signal);
  const { contents, contentsAt } = file;
  const checked = validate(contents.report, { report: checkReport });
  if (!checked.ok) throw new FormatError(source.name, contentsAt, checked.sentence, "the report of a compressed model");
  for (const [key, isNeeded] of [
    ["metadata", true],
    ["config", false],
  ] as const)
    if (!isObject(contents[key]) && (isNeeded || contents[key] !== undefined))
      throw new FormatError(source.name, contentsAt, `the ${key} are ${typeof contents[key]}`, "an object");
  const tensors = tensorsOf(file, source);
  const names = new Set(tensors.map((tensor) => tensor.name));
  if (names.size < tensors.length)
    throw new FormatError(source.name, contentsAt, "a name comes twice", "names that differ");
  return new OpenedCodebook(source, name, file, contents.report as Report, tensors);
}

/** Types of metadata as the contents list them; what is no such list gives none. */
function typesIn(list: unknown): Map<string, GgufStoredType> {
  return new Map(
    (Array.isArray(list) ? (list as unknown[]) : []).flatMap((row) => {
      const [key, type, isList] = Array.isArray(row) ? (row as unknown[]) : [];
      return typeof key === "string" && typeof type === "number"
        ? [[key, { type, isList: isList === true }] as const]
        : [];
    }),
  );
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function tensorsOf({ contents, pieces, contentsAt }: ModelFile, source: ByteSource): Tensor[] {
  const entries = contents.tensors as readonly JsonObject[];
  let left = weightsPerByte * source.byteLength + freeWeights;
  return pieces.map((piece, at) => {
    const fail: Fail = (problem, expected) => {
      throw new FormatError(source.name, contentsAt, `"${piece.name}" ${problem}`, expected);
    };
    const { tensor, weights } = tensorOf(entries[at], piece, source, fail);
    left -= weights;
    if (left < 0) fail(`has ${weights} weights`, `at most ${weightsPerByte} for each byte of the file`);
    return tensor;
  });
}

type Fail = (problem: string, expected: string) => never;

function tensorOf(
  entry: JsonObject,
  piece: ModelPiece,
  source: ByteSource,
  fail: Fail,
): { tensor: Tensor; weights: number } {
  const { dtype, outline, layer, file, key, sizeBytes, coded } = entry;
  const shape = wholeList(entry.shape) ?? fail("has no shape", "whole numbers");
  const weights = parametersOf(shape);
  if (!Number.isSafeInteger(weights) || shape.length > maxRank)
    fail(`has the shape [${shape.join(", ")}]`, "a smaller one");
  if (typeof dtype !== "string") return fail("has no type", "a text");
  const origin = roleOf(entry, shape.length, fail);
  if (outline !== undefined) {
    if (!isObject(outline)) return fail("has no outline", "an object");
    const whole = outlineOf(piece.name, shape, outline, fail);
    const place = { source, piece };
    if (layer !== undefined)
      return { tensor: new ArchivedTensor(place, whole, { entry: layer }, dtype, origin), weights };
    if (typeof file !== "string" || !layerName.test(file) || typeof key !== "string")
      return fail("has neither parts nor a file", "one of them");
    const location = { file: join(dirname(source.name), file), key };
    return { tensor: new ArchivedTensor(place, whole, location, dtype, origin), weights: 0 };
  }
  if (typeof sizeBytes !== "number" || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    return fail(`has ${String(sizeBytes)} bytes`, "a whole number");
  const wanted = Object.hasOwn(dtypes, dtype) ? sizeOf(dtype as DType, weights) : sizeBytes;
  if (sizeBytes !== wanted) fail(`has ${sizeBytes} bytes`, `${wanted}, for its shape and type`);
  if (coded !== true && sizeBytes !== piece.byteLength) fail(`takes ${piece.byteLength} bytes`, String(sizeBytes));
  const tensor = new UnchangedTensor({ source, piece }, shape, dtype, sizeBytes, coded === true, origin);
  return { tensor, weights: Object.hasOwn(dtypes, dtype) ? weights : sizeBytes };
}

function wholeList(list: unknown): number[] | undefined {
  return Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
    ? (list as number[])
    : undefined;
}

function roleOf({ role, roleReason, axes }: JsonObject, rank: number, fail: Fail): Partial<RoleDescription> {
  if (role === undefined) return {};
  const known = tensorRoles.find((one) => one === role) ?? fail(`is ${JSON.stringify(role)}`, tensorRoles.join(", "));
  if (typeof roleReason !== "string") return fail("has a role without a reason", "a text");
  if (axes !== undefined && !isAxes(axes, rank)) return fail("has axes that are none", `lists below ${rank}`);
  return { role: known, roleReason, ...(axes !== undefined && { axes }) };
}

function outlineOf(name: string, shape: readonly number[], outline: JsonObject, fail: Fail): StoredOutline {
  const { isMasked, content, sizeBytes, axes } = outline;
  const { kind } = Object(content) as { kind?: unknown };
  if (typeof isMasked !== "boolean" || typeof sizeBytes !== "number" || !(sizeBytes >= 0))
    return fail("has no size", "bytes, and whether a mask");
  if (axes !== undefined && !isAxes(axes, shape.length))
    return fail("has axes that are none", `lists below ${shape.length}`);
  const about = { name, shape, isMasked, sizeBytes, ...(axes !== undefined && { axes }) };
  if (kind === "values" || kind === "bytes" || kind === "factors") return { ...about, content: { kind } };
  if (kind !== "codes") return fail(`holds ${JSON.stringify(kind) ?? "nothing"}`, "codes, values, bytes or factors");
  const { quantizer, tables } = content as Partial<CodesOutline>;
  if (typeof (quantizer as { kind?: unknown } | undefined)?.kind !== "string" || quantizer === undefined)
    return fail("names no quantizer", "a step");
  if (!Array.isArray(tables) || !tables.every(isTable)) return fail("has tables that are none", "shape, length, first");
  return { ...about, content: { kind, quantizer, tables } };
}

function isTable(table: unknown): table is CodesOutline["tables"][number] {
  const { shape, length, first } = Object(table) as Partial<CodesOutline["tables"][number]>;
  return wholeList(shape) !== undefined && typeof length === "number" && Array.isArray(first);
}
