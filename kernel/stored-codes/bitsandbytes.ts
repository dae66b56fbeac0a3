/** NF4 and FP4 of bitsandbytes, as `Linear4bit` writes its state:
 *
 *    weight                                  two codes to a byte, the even place in the high half; U8 (⌈n/2⌉, 1), or the same bytes as another type
 *    weight.absmax                           F32 (blocks), the scales; U8, their codes, with double quantization
 *    weight.quant_map                        F32 (16), the value of each code
 *    weight.nested_absmax, .nested_quant_map F32 (⌈blocks/256⌉) and F32 (256), with double quantization
 *    weight.quant_state.bitsandbytes__nf4    JSON as U8: type, block size, shape, dtype, offset of the scales
 *
 *    w = map[code]·a in float32, then rounded to the dtype of the state;  a = nested_map[code of a]·nested_absmax + offset.
 *
 *  Source: bitsandbytes 0.50.2 functional.py, backends/default/ops.py. Its kernels give −0 for code 8 of FP4, whose value in the map is 0. */
import { bfloat16FromBits, decodeBfloat16, decodeFloat16, float16FromBits, float32Bits } from "../bytes/half-float";
import { mapInOrder } from "../threads/pool";
import { parametersOf, type Tensor } from "../tensor/tensor";
import { failAt, type FileTensors } from "./file-tensors";
import { bytesOf, numbersOf } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";
import { jsonIn, shapeIn } from "./small-json";

const types = ["nf4", "fp4"];

/** States read at a time: each is a read of its own, over the network where the file lies there. */
const statesAtOnce = 8;

/** The scheme. */
export const bitsandbytes4: Scheme = {
  name: "bitsandbytes 4-bit",
  methods: ["bitsandbytes", "bitsandbytes_4bit"],
  find(file) {
    const states = types.flatMap((type) =>
      file.stems(`quant_state.bitsandbytes__${type}`).map((stem) => ({ type, name: stem.slice(0, -1) })),
    );
    return mapInOrder(states, statesAtOnce, ({ type, name }) => layer(file, name, type));
  },
};

interface State {
  readonly block: number;
  readonly round: (value: number) => number;
  readonly nestedBlock: number;
  readonly nestedOffset: number;
}

/** Rounds a float32 to the type of a state. */
const roundings: ReadonlyMap<string, (value: number) => number> = new Map([
  ["float32", (value: number) => value],
  ["float16", (value: number) => decodeFloat16(float16FromBits(float32Bits(value)))],
  ["bfloat16", (value: number) => decodeBfloat16(bfloat16FromBits(float32Bits(value)))],
]);

async function layer(file: FileTensors, name: string, type: string): Promise<LogicalWeight> {
  const scheme = `bitsandbytes ${type.toUpperCase()}`;
  const described = file.need(`${name}.quant_state.bitsandbytes__${type}`, scheme);
  const said = await jsonIn(file, described);
  const shape = shapeIn(said.shape);
  const { blocksize: block, dtype, nested_blocksize: nestedBlock = 256, nested_offset: nestedOffset = 0 } = said;
  const round = typeof dtype === "string" ? roundings.get(dtype.replace(/^torch[.]/, "")) : undefined;
  if (
    shape === undefined ||
    !isCount(block) ||
    !isCount(nestedBlock) ||
    typeof nestedOffset !== "number" ||
    round === undefined ||
    said.quant_type !== type
  )
    return file.fail(
      described,
      `the state of "${name}" is ${JSON.stringify(said).slice(0, 300)}`,
      `quant_type ${type}, blocksize, shape, and dtype float32, float16 or bfloat16`,
    );
  const count = parametersOf(shape);
  const blocks = Math.ceil(count / block);
  const codes = file.need(name, scheme);
  if (codes.sizeBytes !== Math.ceil(count / 2))
    file.fail(codes, `"${name}" has ${codes.sizeBytes} bytes`, `${Math.ceil(count / 2)}, for ${count} codes of 4 bits`);
  const map = file.need(`${name}.quant_map`, scheme, { parameters: 16 });
  const nested = file.find(`${name}.nested_absmax`, { parameters: Math.ceil(blocks / nestedBlock) });
  const nestedMap = nested && file.need(`${name}.nested_quant_map`, scheme, { parameters: 256 });
  const absmax = file.need(`${name}.absmax`, scheme, {
    dtypes: nested ? ["U8"] : ["F32", "F16", "BF16"],
    parameters: blocks,
  });
  return {
    name,
    shape,
    scheme: `${scheme} block ${block}${nested ? ", double quantization" : ""}`,
    parts: [codes, absmax, map, ...(nested && nestedMap ? [nested, nestedMap] : []), described],
    open: (reading) =>
      open(
        { codes, absmax, map, nested, nestedMap },
        shape,
        { block, round, nestedBlock, nestedOffset },
        file.file,
        reading,
      ),
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

interface Parts {
  readonly codes: Tensor;
  readonly absmax: Tensor;
  readonly map: Tensor;
  readonly nested: Tensor | undefined;
  readonly nestedMap: Tensor | undefined;
}

async function open(
  parts: Parts,
  shape: readonly number[],
  state: State,
  file: string,
  { signal }: Reading,
): Promise<DecodeRows> {
  const { codes, map } = parts;
  const { block, round } = state;
  const value = await numbersOf(map, signal);
  const scale = await scalesOf(parts, state, signal);
  // What each code stands for in a block.
  const rounded = new Float32Array(16);
  const columns = shape.length === 0 ? 1 : shape[shape.length - 1];
  return async (values, from) => {
    const first = from * columns;
    const bytes = await bytesOf(codes, signal, first >> 1, Math.ceil((first + values.length) / 2));
    if (bytes.length < Math.ceil((values.length + (first & 1)) / 2))
      failAt(file, codes, `"${codes.name}" gave ${bytes.length} bytes`, "as many as its shape asks for");
    const start = first - (first & 1);
    for (let i = 0; i < values.length;) {
      const number = Math.floor((first + i) / block);
      const end = Math.min(values.length, (number + 1) * block - first);
      for (let code = 0; code < 16; code++) rounded[code] = round(Math.fround(value[code] * scale[number]));
      for (let at = first + i - start; i < end; i++, at++) {
        const byte = bytes[at >> 1];
        values[i] = rounded[(at & 1) === 0 ? byte >> 4 : byte & 15];
      }
    }
  };
}

/** The scale of each block as float32. */
async function scalesOf(
  { absmax, nested, nestedMap }: Parts,
  { nestedBlock, nestedOffset }: State,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const codes = await numbersOf(absmax, signal);
  if (!nested || !nestedMap) return codes;
  const value = await numbersOf(nestedMap, signal);
  const scale = await numbersOf(nested, signal);
  const offset = Math.fround(nestedOffset);
  return codes.map((code, i) => Math.fround(value[code] * scale[Math.floor(i / nestedBlock)]) + offset);
}
