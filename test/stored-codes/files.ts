/** Files of a few tensors in memory, for schemes to be tried on. */
import { memorySource } from "../../kernel/bytes/source";
import { FileTensor } from "../../kernel/formats/file-tensor";
import { FileTensors, type Settings } from "../../kernel/stored-codes/file-tensors";
import { LogicalTensor } from "../../kernel/stored-codes/logical-tensor";
import type { Scheme } from "../../kernel/stored-codes/scheme";

const arrays = {
  F32: Float32Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E4M3: Uint8Array,
};

/** A tensor: its type, its shape, its numbers. */
export type Stored = readonly [dtype: keyof typeof arrays, shape: readonly number[], numbers: ArrayLike<number>];

/** The tensors as a file whose settings say `quantization`. */
export function fileOf(tensors: Readonly<Record<string, Stored>>, quantization?: Settings): FileTensors {
  const named = Object.entries(tensors).map(([name, [dtype, shape, numbers]]): [string, FileTensor] => {
    const array = dtype === "I64" ? BigInt64Array.from(numbers, BigInt) : arrays[dtype].from(numbers);
    const bytes = new Uint8Array(array.buffer);
    return [name, new FileTensor(memorySource(bytes, "m"), name, shape, dtype, 0, bytes.length)];
  });
  return new FileTensors(new Map(named), { file: "m", config: {}, quantization, metadata: {}, signal: undefined });
}

/** What a scheme makes of a file. */
export async function found(
  scheme: Scheme,
  tensors: Readonly<Record<string, Stored>>,
  quantization?: Settings,
): Promise<LogicalTensor[]> {
  return (await scheme.find(fileOf(tensors, quantization))).map((weight) => new LogicalTensor(weight));
}

/** As many numbers as a shape has, all the same. */
export const filled = (count: number, value = 0): number[] => Array.from({ length: count }, () => value);
