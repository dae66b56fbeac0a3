/** Tensors and typed arrays as text: shape, type, range, first values. */
import { inspect, types, type InspectOptions } from "node:util";
import { elementType, firstValues, rangeText, shapeText, type NumberArray } from "./numbers";
import { hasMethod, isOpen } from "./plain";

/** A typed array: what Node says of it, and a line with its shape, type and range. */
export function typedArrayText(value: unknown, options: InspectOptions): string | undefined {
  if (types.isProxy(value)) return undefined;
  const type = elementType(value);
  if (type === undefined) return undefined;
  const numbers = value as NumberArray;
  const range = rangeText(numbers);
  const facts = [`shape ${shapeText([numbers.length])}`, type, ...(range === "" ? [] : [`range ${range}`])].join(", ");
  return `${inspect(value, options)}\n${facts}`;
}

/** A tensor of tfjs. */
interface TfjsTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposedInternal?: boolean;
  dataSync(): ArrayLike<unknown>;
  toString(verbose?: boolean): string;
}

/** True for a tensor of tfjs, of whichever copy of it. */
export function isTfjsTensor(value: unknown): value is TfjsTensor {
  return hasMethod(value, "dataSync") && "rankType" in value && "dtype" in value && "shape" in value;
}

/** A tfjs tensor: type, shape, range and values. */
export function tfjsText(tensor: TfjsTensor): string {
  const kind = `Tensor ${tensor.dtype} [${tensor.shape.join(", ")}]`;
  if (tensor.isDisposedInternal === true) return `${kind} (disposed)`;
  const verbose = tensor.toString(true);
  const values = verbose.slice(verbose.indexOf("values:") + "values:".length);
  const data: unknown = tensor.dataSync();
  const range = elementType(data) === undefined ? "" : rangeText(data as NumberArray);
  return kind + (range === "" ? "" : `, range ${range}`) + (values.startsWith("\n") ? values : " " + values.trim());
}

/** A tensor of a model, as `open` gives it: it is read when asked. */
interface ModelTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  read(options?: { signal?: AbortSignal }): Promise<NumberArray>;
}

/** True for a tensor of a model. */
export function isModelTensor(value: unknown): value is ModelTensor {
  return (
    hasMethod(value, "read") &&
    hasMethod(value, "readBytes") &&
    "sizeBytes" in value &&
    "parameters" in value &&
    "dtype" in value &&
    "shape" in value &&
    Array.isArray(value.shape)
  );
}

/** The most weights that are read only to say what range they have: 256 MiB of float32. */
const readLimit = 1 << 26;

/** A model's tensor: name, type, shape and size, and, where it is not too large to read for this, its range and first values. */
export async function modelTensorText(tensor: ModelTensor): Promise<string> {
  const { name, dtype, shape, sizeBytes, parameters } = tensor;
  const kind = `Tensor ${name}: ${dtype} [${shape.join(", ")}], ${sizeBytes} bytes`;
  if (parameters > readLimit) return `${kind}\n[not read to be shown: await it.read() gives the ${parameters} values]`;
  try {
    const values = await tensor.read();
    const range = rangeText(values);
    return `${kind}\n${range === "" ? "" : `range ${range}, values `}${firstValues(values)}`;
  } catch (error) {
    return `${kind}\n[its values cannot be shown: ${error instanceof Error ? error.message : String(error)}]`;
  }
}

/** Shape and type of anything that has them, for a list of variables. */
export function shapeAndType(value: unknown): { shape?: string; dtype?: string; bytes?: number } {
  const dtype = elementType(value);
  if (dtype !== undefined) {
    const { length, byteLength } = value as ArrayBufferView & { readonly length: number };
    return { shape: shapeText([length]), dtype, bytes: byteLength };
  }
  if (isModelTensor(value)) return { shape: shapeText(value.shape), dtype: value.dtype, bytes: value.sizeBytes };
  if (isTfjsTensor(value)) return { shape: shapeText(value.shape), dtype: value.dtype };
  if (Array.isArray(value)) return { shape: shapeText([value.length]) };
  if (isOpen(value) && (types.isMap(value) || types.isSet(value))) return { shape: shapeText([value.size]) };
  return {};
}
