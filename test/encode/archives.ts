/** Archives and the files in them, made by hand for the tests. */
import { Random } from "../../kernel/bytes/random";
import { safetensorsFile } from "../formats/files";

/** A safetensors file with awkward tensors of many types: NaN payloads, −0, subnormals, constants, noise, nothing. */
export function awkwardFile(): Uint8Array {
  const random = new Random(7);
  const parts: Uint8Array[] = [];
  const entries: string[] = [];
  let at = 0;
  const add = (name: string, dtype: string, shape: number[], bytes: Uint8Array): void => {
    entries.push(
      JSON.stringify(name) +
        `:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${at},${at + bytes.length}]}`,
    );
    parts.push(bytes);
    at += bytes.length;
  };
  const bytesOf = (array: ArrayBufferView): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const normal = (): number => (random.below(1000) + random.below(1000) + random.below(1000) - 1498.5) / 30_000;
  const weights = Float32Array.from({ length: 37 * 41 }, normal);
  add("f32", "F32", [37, 41], bytesOf(weights));
  add("bf16", "BF16", [41, 37], bytesOf(Uint16Array.from(new Uint32Array(weights.buffer), (bits) => bits >>> 16)));
  const special = [0x7fc00000, 0x7f800001, 0xffc12345, 0x80000000, 0x00000001, 0x7f800000, 0xff800000];
  add("special", "F32", [7], bytesOf(Uint32Array.from(special)));
  add("f64", "F64", [5, 33], bytesOf(Float64Array.from({ length: 165 }, normal)));
  add("positions", "I64", [1, 128], bytesOf(BigInt64Array.from({ length: 128 }, (_, i) => BigInt(i))));
  add("zeros", "F16", [999], new Uint8Array(1998));
  add("one", "BF16", [], Uint8Array.of(0x80, 0xff));
  add("nothing", "F32", [0, 4], new Uint8Array(0));
  add(
    "noise",
    "U8",
    [301],
    Uint8Array.from({ length: 301 }, () => random.below(256)),
  );
  add(
    "f8",
    "F8_E4M3",
    [500],
    Uint8Array.from({ length: 500 }, () => 60 + random.below(5) * random.below(4)),
  );
  return safetensorsFile(`{"__metadata__":{"made":"by hand"},${entries.join(",")}}`, Buffer.concat(parts));
}
