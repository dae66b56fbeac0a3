import { inTurns } from "../../bytes/pause";
import type { ByteSource } from "../../bytes/source";
import { FormatError } from "../../errors";
import type { Model } from "../../tensor/model";
import type { RoleDescription } from "../../tensor/role";
import { TensorSet } from "../../tensor/tensor-set";
import type { Tensor } from "../../tensor/tensor";
import { ParseBudget } from "../budget";
import { hashSources } from "../hash-sources";
import { quote } from "../json-reader";
import { folderSiblings } from "../siblings";
import type { Siblings } from "../siblings";
import { withNotes } from "../tensor-paths";
import { isInteger, storedWeights } from "./coded-weights";
import { recordCodes } from "./dequantized";
import { constantsOf } from "./graph";
import type { Constant } from "./graph";
import { MessageReader } from "./messages";
import { TensorMaker } from "./tensors";
import { roleByUses } from "./uses";
import type { Use } from "./uses";
import { WireReader } from "./wire";

/** ONNX: a ModelProto, whose graph has tensors as initializers and as Constant nodes. Their values lie in the file (`raw_data`, or fields of
 *  numbers), or in files beside it. The file is walked over by ranges, values are not read, and what a tensor is to its model is asked of the
 *  nodes that take it. Source: onnx/onnx.proto, and the specification of operators. */

/** Matches the first bytes: `ir_version` from 2 on (a SavedModel of TensorFlow has 1 there), then a field that a model has. */
export const onnxMagic = /^\x08[\x02-\x40](?:[\x12\x1a\x22\x32\x3a\x42\x72]|\x28.)(?!.{4}\0\{)/s;

/** A model of ONNX; reads its nodes and what stands beside values. `FormatError` with the byte for what breaks the format, `SourceError` for a
 *  file of values that is missing. */
export async function openOnnx(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
  siblings: Siblings = folderSiblings(source),
): Promise<Model> {
  const budget = new ParseBudget(source.name, source.storedBytes ?? source.byteLength);
  const message = await new MessageReader(new WireReader(source, signal), budget).model();
  if (!message) throw new FormatError(source.name, 0, "there is no graph in this file", "a model of ONNX");
  const constants = await inTurns(constantsOf(message), signal, `reading ${source.name}`);
  const { all, unscaled } = constants;
  const maker = new TensorMaker(source, siblings);
  const made = new Map<Constant, Tensor>();
  const texts: string[] = [];
  const thin: string[] = [];
  for (const constant of all) {
    const { name: own, message: stored, uses } = constant;
    if (own.includes("\0") || own === "__proto__")
      throw new FormatError(source.name, stored.at, `a tensor is called ${quote(own)}`, "a name that is safe as a key");
    const tensor = await maker.tensor(stored, own);
    if (!tensor) (stored.sparse ? thin : texts).push(own);
    else made.set(constant, Object.assign(tensor, roleOf(tensor, uses, unscaled.has(constant))));
  }
  if (made.size === 0)
    throw new FormatError(source.name, 0, "there are no tensors in the graph", "a model with weights");
  const beside = await maker.sources();
  const model = new TensorSet({
    name,
    format: "onnx",
    tensors: [...made.values()],
    metadata: withNotes(message.metadata, [
      ...leftOut("of text or of an unknown type", texts),
      ...leftOut("that are sparse, and too thin or of too odd a type to be made dense", thin),
    ]),
    sha256: (options) => hashSources([source, ...beside], name, options?.signal),
  });
  return recordCodes(model, storedWeights(constants, made, source.name));
}

/** Integers are no weights by themselves, nor are floats whose scale is computed when the graph runs. */
function roleOf({ dtype, shape }: Tensor, uses: readonly Use[], isUnscaled: boolean): RoleDescription | undefined {
  if (isInteger(dtype)) return { role: "integer", roleReason: `its type is ${dtype}` };
  if (isUnscaled) return { role: "unknown", roleReason: "codes whose scale is computed when the graph runs" };
  const used = roleByUses(uses, shape);
  const isLone = /^(F4|F8_E8M0)$/.test(dtype) && used === undefined;
  return isLone ? { role: "unknown", roleReason: `codes of type ${dtype}, which no node takes` } : used;
}

function leftOut(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 5).map(quote).join(", ");
  return [`left out: ${names.length} constants ${what} (${shown}${names.length > 5 ? " and more" : ""})`];
}
