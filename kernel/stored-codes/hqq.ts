/** HQQ, as `HQQLinear` writes its state into safetensors:
 *
 *    W_q          U8, or I32 for 3 bits: the codes of a matrix (groups of `group_size` down its columns with axis 0, along its rows with axis 1),
 *                 which lies cut into as many bands of rows as a word holds codes: the first band in the highest bits
 *    scale, zero  one for each group; numbers, not codes
 *    nbits, group_size, axis, shape, packing   the description, as small tensors
 *
 *    w = (q − zero)·scale, each step in float32.
 *
 *  Source: hqq 0.2.8 hqq/core/bitpack.py, hqq/core/quantize.py. */
import { mapInOrder } from "../threads/pool";
import { parametersOf, type Tensor } from "../tensor/tensor";
import { failAt, type FileTensors } from "./file-tensors";
import { bytesOf, numbersOf } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";

/** A way to pack: bytes of a word, and the place of each band's code in it. */
interface Packing {
  readonly wordBytes: 1 | 4;
  readonly shifts: readonly number[];
  readonly bits: number;
}

const packings: Readonly<Record<string, Packing>> = {
  "8bit_u8": { wordBytes: 1, shifts: [0], bits: 8 },
  "4bit_u8": { wordBytes: 1, shifts: [4, 0], bits: 4 },
  "3bit_32": { wordBytes: 4, shifts: [27, 24, 21, 18, 15, 12, 9, 6, 3, 0], bits: 3 },
  "2bit_u8": { wordBytes: 1, shifts: [6, 4, 2, 0], bits: 2 },
  "1bit_u8": { wordBytes: 1, shifts: [7, 6, 5, 4, 3, 2, 1, 0], bits: 1 },
};

/** Types of scales and zero points; codes of them, with a scale of their own, are U8. */
const floats = ["F16", "BF16", "F32", "F64"];

/** Descriptions read at a time. */
const layersAtOnce = 4;

/** What may stand beside the codes and says nothing that is needed. */
const others = [
  "channel_wise",
  "compute_dtype",
  "encoded_state_dict",
  "offload_meta",
  "optimize",
  "quant_scale",
  "quant_zero",
].concat([
  "round_zero",
  "stores_quant_config",
  "unpack_view_dtype",
  "view_as_float",
  "nbits",
  "group_size",
  "axis",
  "shape",
  "packing",
]);

/** The scheme. */
export const hqq: Scheme = {
  name: "HQQ",
  methods: ["hqq"],
  // With a second scale they are SINQ's, which borrowed the names.
  find: (file) => {
    const own = file.stems("W_q").filter((stem) => !file.tensors.has(`${stem}scale2`));
    return mapInOrder(own, layersAtOnce, (stem) => layer(file, stem));
  },
};

interface Layout {
  readonly packing: Packing;
  /** Rows and columns of the matrix of groups. */
  readonly rows: number;
  readonly columns: number;
  readonly axis: number;
  /** Columns of the weight. */
  readonly width: number;
}

interface Parts {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zero: Tensor;
}

async function layer(file: FileTensors, stem: string): Promise<LogicalWeight> {
  const codes = file.need(`${stem}W_q`, "HQQ", { dtypes: ["U8", "I32"] });
  const number = async (name: string): Promise<number> =>
    (await file.need(`${stem}${name}`, "HQQ", { parameters: 1 }).read({ signal: file.signal }))[0];
  const shape = [...(await file.need(`${stem}shape`, "HQQ", { parameters: 2 }).read({ signal: file.signal }))];
  const named = file.need(`${stem}packing`, "HQQ", { dtypes: ["U8"] });
  const said = Buffer.from(await bytesOf(named, file.signal, 0, Math.min(named.sizeBytes, 40))).toString("latin1");
  const packing = Object.hasOwn(packings, said) ? packings[said] : undefined;
  const bits = await number("nbits");
  const axis = await number("axis");
  const group = file.tensors.has(`${stem}group_size`) ? await number("group_size") : shape[axis === 1 ? 1 : 0];
  const count = parametersOf(shape);
  const [least = 0] = Object.values(packings)
    .map((one) => one.bits)
    .filter((width) => packing && width < packing.bits);
  if (packing && !(bits > least && bits <= packing.bits))
    file.fail(codes, `the state of "${codes.name}" says ${bits} bits, packed as ${said}`, "one of them");
  if (
    !packing ||
    !shape.every((size) => Number.isSafeInteger(size) && size >= 0) ||
    !Number.isSafeInteger(count) ||
    shape.length !== 2 ||
    (axis !== 0 && axis !== 1) ||
    !(Number.isSafeInteger(group) && group > 0) ||
    count % group !== 0
  )
    return file.fail(
      codes,
      `the state of "${codes.name}" has packing "${said}", axis ${axis}, group_size ${group}, shape [${shape.join(", ")}]`,
      `packing ${Object.keys(packings).join(", ")}, axis 0 or 1, and whole groups of a matrix`,
    );
  const [rows, columns] = axis === 1 ? [count / group, group] : [group, count / group];
  const packedRows = Math.ceil(rows / packing.shifts.length);
  if (codes.sizeBytes !== packedRows * columns * packing.wordBytes)
    file.fail(
      codes,
      `"${codes.name}" has ${codes.sizeBytes} bytes`,
      `${packedRows * columns * packing.wordBytes}, for ${rows} rows of ${columns} codes packed as ${said}`,
    );
  const scale = file.need(`${stem}scale`, "HQQ", { dtypes: floats, parameters: count / group });
  const zero = file.need(`${stem}zero`, "HQQ", { dtypes: floats, parameters: count / group });
  const described = others.flatMap((name) => file.find(`${stem}${name}`) ?? []);
  return {
    name: `${stem}weight`,
    shape,
    scheme: `HQQ ${Number(bits.toFixed(2))}-bit g${group}${axis === 0 ? ", axis 0" : ""}`,
    parts: [codes, scale, zero, ...described],
    open: (reading) =>
      open({ codes, scale, zero }, { packing, rows, columns, axis, width: shape[1] }, file.file, reading),
  };
}

async function open(
  parts: Parts,
  { packing: { wordBytes, shifts, bits }, rows, columns, axis, width }: Layout,
  file: string,
  { signal }: Reading,
): Promise<DecodeRows> {
  const { codes } = parts;
  const bytes = await bytesOf(codes, signal);
  const words = wordBytes === 4 ? new Uint32Array(bytes.buffer) : bytes;
  const scale = await numbersOf(parts.scale, signal);
  const zero = await numbersOf(parts.zero, signal);
  const band = Math.ceil(rows / shifts.length);
  if (words.length < band * columns)
    failAt(file, codes, `"${codes.name}" gave ${words.length} words`, `${band * columns}`);
  const mask = 2 ** bits - 1;
  return (values, from) => {
    for (let i = 0, at = from * width; i < values.length; i++, at++) {
      const row = Math.floor(at / columns);
      const column = at % columns;
      const part = Math.floor(row / band);
      const code = (words[(row - part * band) * columns + column] >>> shifts[part]) & mask;
      const group = axis === 1 ? row : column;
      values[i] = Math.fround(code - zero[group]) * scale[group];
    }
  };
}
