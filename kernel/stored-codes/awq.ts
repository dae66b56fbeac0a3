/** AWQ in the GEMM layout of AutoAWQ, 4 bits:
 *
 *    qweight  I32 (in, out/8)       codes, eight outputs to a word in the order 0 2 4 6 1 3 5 7 from the lowest bits up
 *    qzeros   I32 (groups, out/8)   zero points, in the same order
 *    scales   F16 (groups, out)
 *
 *    w[o, i] = (q − z)·s,  z and s of group ⌊i / group⌋ and output o.
 *
 *  Source: autoawq 0.2.7 awq/utils/packing_utils.py, awq/modules/linear/gemm.py. Its GEMV and GEMV-fast layouts and that of llm-awq differ. */
import type { Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import { numbersOf, wordsOf } from "./part";
import type { DecodeRows, LogicalWeight, Reading, Scheme } from "./scheme";

/** The place in a word of outputs 0 to 7: the order above, inverted. */
const placeInWord = [0, 4, 1, 5, 2, 6, 3, 7];

const layouts = ["gemm", "auto_round:auto_awq"];

/** The scheme. */
export const awq: Scheme = {
  name: "AWQ (GEMM)",
  methods: ["awq", "auto-round", "intel/auto-round"],
  find(file) {
    if (file.method !== undefined && !awq.methods.includes(file.method)) return [];
    const stems = file.stems("qweight").filter((stem) => isRowwise(file, stem));
    const [first] = stems;
    if (first === undefined) return [];
    const { version, format, packing_format, bits, w_bit } = file.quantization ?? {};
    const layout = String(packing_format ?? version ?? format ?? "gemm").toLowerCase();
    const codes = file.need(`${first}qweight`, "AWQ");
    if (!layouts.includes(layout))
      file.fail(
        codes,
        `the layers are stored in the AWQ layout "${layout}", which is not decoded here`,
        "the GEMM layout",
      );
    const width = bits ?? w_bit ?? 4;
    if (width !== 4) file.fail(codes, `the settings say ${String(width)} bits`, "4 bits, as the GEMM layout has");
    const { group_size, q_group_size } = file.quantization ?? {};
    return stems.map((stem) => layer(file, stem, group_size ?? q_group_size));
  },
};

/** Codes of eight outputs share a word, and each input has a row. */
function isRowwise(file: FileTensors, stem: string): boolean {
  const codes = file.find(`${stem}qweight`);
  const scales = file.find(`${stem}scales`);
  if (codes?.shape.length !== 2 || scales?.shape.length !== 2) return false;
  return codes.shape[1] * 8 === scales.shape[1] && codes.shape[0] % scales.shape[0] === 0;
}

/** `said`: what the settings say of the size of a group; −1 is one group. */
function layer(file: FileTensors, stem: string, said: unknown): LogicalWeight {
  const codes = file.need(`${stem}qweight`, "AWQ", { dtypes: ["I32", "U32"] });
  const scales = file.need(`${stem}scales`, "AWQ", { dtypes: ["F16", "BF16", "F32"] });
  const [inputs] = codes.shape;
  const [groups, outputs] = scales.shape;
  if (typeof said === "number" && (said > 0 ? Math.ceil(inputs / said) : 1) !== groups)
    file.fail(
      scales,
      `"${scales.name}" has ${groups} groups for ${inputs} inputs, and the settings say ${said > 0 ? `groups of ${said}` : "one group"}`,
      "settings (quantization_config) of the model that the file holds",
    );
  const zeros = file.need(`${stem}qzeros`, "AWQ", { dtypes: ["I32", "U32"], shape: [groups, outputs / 8] });
  return {
    name: `${stem}weight`,
    shape: [outputs, inputs],
    scheme: `AWQ 4-bit ${groups === 1 ? "per channel" : `g${inputs / groups}`}`,
    parts: [codes, zeros, scales],
    open: (reading) => open(codes, zeros, scales, reading),
  };
}

async function open(codes: Tensor, zeros: Tensor, scales: Tensor, { signal }: Reading): Promise<DecodeRows> {
  const packed = await wordsOf(codes, signal);
  const packedZeros = await wordsOf(zeros, signal);
  const scale = await numbersOf(scales, signal);
  const [inputs, words] = codes.shape;
  const [groups, outputs] = scales.shape;
  const group = inputs / groups;
  return (values, from) => {
    for (let at = 0, output = from; at < values.length; at += inputs, output++) {
      const word = output >> 3;
      const shift = 4 * placeInWord[output & 7];
      for (let g = 0, i = 0; g < groups; g++) {
        const zero = (packedZeros[g * words + word] >>> shift) & 15;
        const step = scale[g * outputs + output];
        for (const end = i + group; i < end; i++)
          values[at + i] = (((packed[i * words + word] >>> shift) & 15) - zero) * step;
      }
    }
  };
}
