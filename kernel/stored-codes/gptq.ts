/** GPTQ, as AutoGPTQ, GPTQModel and AutoRound store a linear layer:
 *
 *    qweight  I32 (⌈in·bits/32⌉, out)      codes, a stream down each column
 *    qzeros   I32 (groups, ⌈out·bits/32⌉)  zero points, a stream along each row
 *    scales   F16 (groups, out)
 *    g_idx    I32 (in)                     the group of each input; absent: input / group size
 *
 *    w[o, i] = (q − z)·s,  z and s of group g_idx[i] and output o;  2, 3, 4, 8 bits.
 *
 *  `checkpoint_format` "gptq" stores z − 1 (so that 0 stands as all ones, and 1 is added after unpacking, modulo 2^bits), "gptq_v2" stores z.
 *  The field is not always right: symmetric codes have z = 2^(bits−1) everywhere, and what is stored tells then which it is.
 *  Source: auto_gptq 0.7.1 nn_modules/qlinear/qlinear_cuda_old.py, gptqmodel 7.7 nn_modules/qlinear/__init__.py. */
import type { Tensor } from "../tensor/tensor";
import { unpackCodes, wordsFor } from "./bit-stream";
import { decodeRow } from "./decode-row";
import { failAt, type FileTensors } from "./file-tensors";
import { numbersOf, wordsOf } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";

/** What a file says of its GPTQ layers. */
interface GptqSettings {
  readonly file: string;
  readonly bits: number | undefined;
  readonly group: number | undefined;
  /** What is stored, if the settings say it: z − 1 or z. */
  readonly offset: 1 | 0 | undefined;
  readonly isSymmetric: boolean | undefined;
  /** Whether the settings give some layers settings of their own, which are not looked up: shapes tell. */
  readonly hasExceptions: boolean;
  /** Whether inputs are said to be in another order than that of their groups. */
  readonly isOrdered: boolean;
}

interface Parts {
  readonly codes: Tensor;
  readonly zeros: Tensor;
  readonly scales: Tensor;
  readonly order: Tensor | undefined;
}

const words = ["I32", "U32"];
const floats = ["F16", "BF16", "F32"];

/** The scheme. */
export const gptq: Scheme = {
  name: "GPTQ",
  methods: ["gptq", "auto-round", "intel/auto-round"],
  find(file) {
    const isNamed = file.method === undefined || gptq.methods.includes(file.method);
    const stems = file.stems("qweight").filter((stem) => isColumnwise(file, stem));
    if (!isNamed || stems.length === 0) return [];
    const settings = settingsOf(file);
    return stems.map((stem) => layer(file, stem, settings));
  },
};

/** Codes packed down the columns, as here, leave as many columns as there are outputs; AWQ packs along the rows. */
function isColumnwise(file: FileTensors, stem: string): boolean {
  const codes = file.find(`${stem}qweight`);
  const scales = file.find(`${stem}scales`);
  return codes?.shape.length === 2 && scales?.shape.length === 2 && codes.shape[1] === scales.shape[1];
}

function settingsOf(file: FileTensors): GptqSettings {
  const said = file.quantization ?? {};
  const [first] = file.stems("qweight");
  const isAutoRound = file.method !== undefined && file.method !== "gptq";
  const format = String(
    (isAutoRound ? said.packing_format : undefined) ?? said.checkpoint_format ?? said.format ?? "gptq",
  );
  const offset = offsets.get(format.toLowerCase());
  if (offset === undefined || said.is_marlin_format === true)
    failAt(
      file.file,
      file.need(`${first}qweight`, "GPTQ"),
      `the layers are stored in the GPTQ layout "${said.is_marlin_format === true ? "marlin" : format}", which is not decoded here`,
      `one of ${[...offsets.keys()].join(", ")}`,
    );
  return {
    file: file.file,
    bits: typeof said.bits === "number" ? said.bits : undefined,
    group: typeof said.group_size === "number" && said.group_size > 0 ? said.group_size : undefined,
    offset: file.quantization ? offset : undefined,
    isSymmetric: typeof said.sym === "boolean" ? said.sym : undefined,
    hasExceptions: [said.dynamic, said.extra_config].some((own) => typeof own === "object" && own !== null),
    isOrdered: said.desc_act === true,
  };
}

/** What is taken off a zero point where it is stored, by the name of the layout. */
const offsets: ReadonlyMap<string, 0 | 1> = new Map([
  ["gptq", 1],
  ["gptq_v2", 0],
  ["auto_round:auto_gptq", 1],
  ["auto_round:gptq", 1],
  ["auto_round:gptqmodel", 0],
  ["auto_round", 0],
]);

function layer(file: FileTensors, stem: string, settings: GptqSettings): LogicalWeight {
  const codes = file.need(`${stem}qweight`, "GPTQ", { dtypes: words });
  const scales = file.need(`${stem}scales`, "GPTQ", { dtypes: floats });
  const zeros = file.need(`${stem}qzeros`, "GPTQ", { dtypes: words });
  const listed = file.find(`${stem}g_idx`);
  const order = listed && listed.parameters > 0 ? file.find(`${stem}g_idx`, { dtypes: ["I32", "I64"] }) : undefined;
  const [packedRows, outputs] = codes.shape;
  const [groups] = scales.shape;
  const inputs = order ? order.parameters : inputsOf(packedRows, groups, settings);
  const possible = widths.filter(
    (bits) =>
      inputs !== undefined && wordsFor(inputs, bits) === packedRows && wordsFor(outputs, bits) === zeros.shape[1],
  );
  const bits = possible.find((one) => one === settings.bits) ?? (possible.length === 1 ? possible[0] : undefined);
  if (bits === undefined || inputs === undefined)
    return file.fail(
      codes,
      `"${codes.name}" is ${codes.dtype} [${codes.shape.join(", ")}]${inputs === undefined ? "" : ` for ${inputs} inputs`}, "${zeros.name}" [${zeros.shape.join(", ")}], and the settings say ${settings.bits ?? "nothing"} of the bits`,
      `codes of 2, 3, 4 or 8 bits${possible.length > 1 ? `; ${possible.join(" or ")} would fit` : ""}`,
    );
  file.need(zeros.name, "GPTQ", { shape: [groups, zeros.shape[1]] });
  const equal = Math.ceil(inputs / groups);
  const isSaid = settings.group !== undefined && Math.ceil(inputs / settings.group) === groups;
  const group = settings.group !== undefined && (isSaid || !order) ? settings.group : equal;
  if (!order) checkGroups(file, scales, { inputs, group, groups, isOrdered: settings.isOrdered });
  return {
    name: `${stem}weight`,
    shape: [outputs, inputs],
    contradiction: settings.hasExceptions
      ? undefined
      : contradictionOf(settings, { bits, group, isOneGroup: groups === 1 }),
    scheme: `GPTQ ${bits}-bit ${groups === 1 ? "per channel" : `g${group}`}`,
    parts: [codes, zeros, scales, ...(listed ? [listed] : [])],
    open: (reading) => open({ codes, zeros, scales, order }, { ...settings, bits, group }, inputs, reading),
  };
}

/** What the settings say of bits and groups, where the shapes say something else. */
function contradictionOf(
  said: GptqSettings,
  { bits, group, isOneGroup }: { readonly bits: number; readonly group: number; readonly isOneGroup: boolean },
): string | undefined {
  const isOther = { bits: said.bits !== undefined && said.bits !== bits, group: false };
  isOther.group = said.group !== undefined && said.group !== group && !(isOneGroup && said.group > group);
  if (!isOther.bits && !isOther.group) return undefined;
  return isOther.bits
    ? `the settings say ${said.bits} bits, and its shapes ${bits}, by which it is read`
    : `the settings say groups of ${said.group}, and its shapes ${group}, by which it is read`;
}

interface Groups {
  readonly inputs: number;
  readonly group: number;
  readonly groups: number;
  readonly isOrdered: boolean;
}

/** Without a list of groups, their size tells which an input is of: as many must come of it as there are scales. */
function checkGroups(file: FileTensors, scales: Tensor, { inputs, group, groups, isOrdered }: Groups): void {
  const expected = Math.ceil(inputs / group);
  if (inputs > 0 && expected !== groups)
    file.fail(
      scales,
      `"${scales.name}" has ${groups} groups for ${inputs} inputs, and the settings say groups of ${group}`,
      `${expected} groups, or a list of groups (g_idx)`,
    );
  if (isOrdered && groups > 1)
    file.fail(
      scales,
      `the settings say desc_act, and nothing says which of the ${groups} groups of "${scales.name}" an input is of`,
      "a list of groups (g_idx)",
    );
}

const widths = [2, 3, 4, 8];

/** Without a list of groups: what the rows hold, if the settings say of how many bits. */
function inputsOf(packedRows: number, groups: number, { bits, group }: GptqSettings): number | undefined {
  if (bits === undefined) return undefined;
  const most = Math.floor((packedRows * 32) / bits);
  return group !== undefined && groups * group < most && wordsFor(groups * group, bits) === packedRows
    ? groups * group
    : most;
}

async function open(
  { codes, zeros, scales, order }: Parts,
  settings: GptqSettings & { readonly bits: number; readonly group: number },
  inputs: number,
  { signal, note }: Reading,
): Promise<DecodeRows> {
  const { bits, group, file } = settings;
  const [, outputs] = codes.shape;
  const [groups] = scales.shape;
  const packed = await wordsOf(codes, signal);
  const scale = await numbersOf(scales, signal);
  const groupOf = order
    ? Uint32Array.from(await numbersOf(order, signal))
    : Uint32Array.from({ length: inputs }, (_, i) => Math.floor(i / group));
  const wrong = groupOf.findIndex((g) => g >= groups);
  if (wrong >= 0)
    failAt(
      file,
      order ?? codes,
      `input ${wrong} is of group ${groupOf[wrong]}`,
      `a group below ${groups}, as many as there are scales`,
    );
  const zero = zeroPoints(await wordsOf(zeros, signal), groups, outputs, settings, { zeros, note });
  const row = new Uint8Array(inputs);
  return (values, from) => {
    for (let at = 0, output = from; at < values.length; at += inputs, output++) {
      unpackCodes(packed, output, outputs, bits, row);
      decodeRow(row, values, at, { groupOf, base: output, step: outputs, scales: scale, zeros: zero, offset: 0 });
    }
  };
}

/** The zero points (groups, outputs), with what was taken off when they were stored. */
function zeroPoints(
  packed: Uint32Array,
  groups: number,
  outputs: number,
  { bits, offset, isSymmetric, file }: GptqSettings & { readonly bits: number },
  { zeros, note }: { readonly zeros: Tensor; readonly note: Reading["note"] },
): Int16Array {
  const stored = new Int16Array(groups * outputs);
  const stride = wordsFor(outputs, bits);
  for (let g = 0; g < groups; g++)
    unpackCodes(packed, g * stride, 1, bits, stored.subarray(g * outputs, (g + 1) * outputs));
  const middle = 2 ** (bits - 1);
  const seen = stored.every((z) => z === stored[0]) ? stored[0] : undefined;
  const told = isSymmetric === false || (seen !== middle && seen !== middle - 1) ? undefined : middle - seen;
  const add = told ?? offset;
  if (add === undefined)
    failAt(
      file,
      zeros,
      `"${zeros.name}" holds zero points from ${stored.reduce((a, b) => Math.min(a, b))} to ${stored.reduce((a, b) => Math.max(a, b))}, and no settings say whether 1 was taken off`,
      "a quantize_config.json or config.json beside the file, with checkpoint_format",
    );
  if (told !== undefined && offset !== undefined && told !== offset)
    note(
      `all stored zero points are ${seen}, as ${told === 0 ? "gptq_v2" : "gptq"} stores those of symmetric codes, although the settings say ${offset === 0 ? "gptq_v2" : "gptq"}`,
    );
  if (add === 0) return stored;
  const most = 2 ** bits - 1;
  const wrapped = stored.reduce((count, z) => count + (z === most ? 1 : 0), 0);
  if (wrapped > 0)
    note(
      `${wrapped} of ${stored.length} zero points are stored as ${most}: they are taken for 0, which had 1 taken off; kernels that add to packed words read ${most + 1}`,
    );
  return stored.map((z) => (z + 1) & most);
}
