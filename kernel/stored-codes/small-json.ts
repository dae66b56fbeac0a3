import type { Tensor } from "../tensor/tensor";
import type { FileTensors, Settings } from "./file-tensors";
import { bytesOf } from "./part";

/** A description of a weight has some hundred bytes. */
const mostBytes = 65536;

/** The JSON object whose text a U8 tensor holds. `FormatError` for anything else. */
export async function jsonIn(file: FileTensors, tensor: Tensor): Promise<Settings> {
  if (tensor.dtype !== "U8" || tensor.sizeBytes > mostBytes)
    file.fail(
      tensor,
      `"${tensor.name}" is ${tensor.dtype} of ${tensor.sizeBytes} bytes`,
      `a JSON text as U8, at most ${mostBytes} bytes`,
    );
  const text = Buffer.from(await bytesOf(tensor, file.signal)).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return file.fail(tensor, `"${tensor.name}" holds no JSON object`, "the state of a weight as JSON");
  return value as Settings;
}

/** A list of sizes, as JSON has it; undefined for anything else. */
export function shapeIn(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const sizes: number[] = value.map((size: unknown) => (typeof size === "number" ? size : NaN));
  return sizes.every((size) => Number.isSafeInteger(size) && size >= 0) ? sizes : undefined;
}
