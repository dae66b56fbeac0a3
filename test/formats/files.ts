/** Files made by hand, byte by byte, for the tests. */

/** A safetensors file: the header as text (or bytes), padded as asked, and the data. */
export function safetensorsFile(
  header: string | Uint8Array,
  data: Uint8Array | number = 0,
  length?: number | bigint,
): Uint8Array {
  const json = Buffer.from(header as string);
  const file = Buffer.concat([Buffer.alloc(8), json, typeof data === "number" ? Buffer.alloc(data) : data]);
  file.writeBigUInt64LE(BigInt(length ?? json.length), 0);
  return new Uint8Array(file);
}

/** One tensor of a header. */
export function entry(
  name: string,
  dtype: string,
  shape: readonly (number | string)[],
  begin: number | string,
  end: number | string,
): string {
  return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`;
}

type Field = readonly [
  "u8" | "u16" | "u32" | "u64" | "f32" | "bytes" | "string",
  number | bigint | string | Uint8Array,
];

/** Little-endian fields one behind the other; a "string" has its 64-bit length in front. */
export function fields(...list: Field[]): Buffer {
  return Buffer.concat(
    list.map(([kind, value]) => {
      if (kind === "string" || kind === "bytes") {
        const bytes = Buffer.from(value as string);
        return kind === "bytes" ? bytes : Buffer.concat([fields(["u64", bytes.length]), bytes]);
      }
      const buffer = Buffer.alloc({ u8: 1, u16: 2, u32: 4, u64: 8, f32: 4 }[kind]);
      if (kind === "u64") buffer.writeBigUInt64LE(BigInt(value as number));
      else if (kind === "f32") buffer.writeFloatLE(Number(value));
      else buffer.writeUIntLE(Number(value), 0, buffer.length);
      return buffer;
    }),
  );
}

export interface GgufTensor {
  readonly name: string | Uint8Array;
  /** Innermost first, as in the file. */
  readonly sizes: readonly (number | bigint)[];
  readonly type: number;
  readonly offset: number | bigint;
}

export interface GgufParts {
  readonly magic?: string;
  readonly version?: number;
  readonly tensorCount?: number | bigint;
  readonly keyCount?: number | bigint;
  /** Whole pairs: key, type, value. */
  readonly pairs?: readonly Buffer[];
  readonly tensors?: readonly GgufTensor[];
  readonly alignment?: number;
  readonly dataBytes?: number;
}

export function pair(key: string | Uint8Array, type: number, ...value: Field[]): Buffer {
  return Buffer.concat([
    fields(["u64", Buffer.from(key as string).length], ["bytes", key], ["u32", type]),
    fields(...value),
  ]);
}

export function tensorInfo({ name, sizes, type, offset }: GgufTensor): Buffer {
  return fields(
    ["u64", Buffer.from(name as string).length],
    ["bytes", name],
    ["u32", sizes.length],
    ...sizes.map((size) => ["u64", size] as const),
    ["u32", type],
    ["u64", offset],
  );
}

export function ggufFile(parts: GgufParts): Uint8Array {
  const tensors = parts.tensors ?? [];
  const pairs = parts.pairs ?? [];
  const header = Buffer.concat([
    fields(
      ["bytes", parts.magic ?? "GGUF"],
      ["u32", parts.version ?? 3],
      ["u64", parts.tensorCount ?? tensors.length],
      ["u64", parts.keyCount ?? pairs.length],
    ),
    ...pairs,
    ...tensors.map(tensorInfo),
  ]);
  const alignment = parts.alignment ?? 32;
  const dataStart = Math.ceil(header.length / alignment) * alignment;
  return new Uint8Array(
    Buffer.concat([header, Buffer.alloc(dataStart - header.length), Buffer.alloc(parts.dataBytes ?? 0)]),
  );
}
