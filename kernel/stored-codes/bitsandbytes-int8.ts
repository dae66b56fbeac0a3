/** LLM.int8() of bitsandbytes, as `Linear8bitLt` writes its state:
 *
 *    weight         I8 (out, in)
 *    SCB            F32 (out), the largest magnitude of each row
 *    weight_format  U8, 0: row by row
 *
 *    w = (q·SCB)·7.874015718698502e-3, each product in float32; the constant is near 1/127, and not that.
 *
 *  Source: bitsandbytes 0.50.2 _ops.py (int8_vectorwise_dequant), nn/modules.py. */
import type { Tensor } from "../tensor/tensor";
import { failAt, type FileTensors } from "./file-tensors";
import { bytesOf, numbersOf } from "./part";
import type { DecodeRows, LogicalWeight, Scheme } from "./scheme";

const near127th = Math.fround(7.874015718698502e-3);

/** The scheme. */
export const bitsandbytes8: Scheme = {
  name: "bitsandbytes LLM.int8()",
  methods: ["bitsandbytes", "bitsandbytes_8bit"],
  find: (file) => file.stems("SCB").map((stem) => layer(file, stem)),
};

function layer(file: FileTensors, stem: string): LogicalWeight {
  const scheme = "bitsandbytes LLM.int8()";
  const codes = file.need(`${stem}weight`, scheme, { dtypes: ["I8"] });
  if (codes.shape.length !== 2)
    file.fail(codes, `"${codes.name}" has ${codes.shape.length} dimensions`, "two, (out, in)");
  const [outputs, columns] = codes.shape;
  const scales = file.need(`${stem}SCB`, scheme, { dtypes: ["F32", "F16", "BF16"], parameters: outputs });
  const format = file.find(`${stem}weight_format`, { dtypes: ["U8"], parameters: 1 });
  return {
    name: codes.name,
    shape: codes.shape,
    scheme,
    parts: [codes, scales, ...(format ? [format] : [])],
    open: async ({ signal }) => {
      if (format) await checkFormat(file.file, format, signal);
      const scale = await numbersOf(scales, signal);
      return rowsOf(codes, columns, scale, signal);
    },
  };
}

function rowsOf(codes: Tensor, columns: number, scale: Float32Array, signal: AbortSignal | undefined): DecodeRows {
  return async (values, from) => {
    const bytes = await bytesOf(codes, signal, from * columns, from * columns + values.length);
    const q = new Int8Array(bytes.buffer);
    for (let i = 0; i < values.length; i++)
      values[i] = Math.fround(q[i] * scale[from + Math.floor(i / columns)]) * near127th;
  };
}

/** Old files hold the tiles of a GPU's own order. */
async function checkFormat(file: string, format: Tensor, signal: AbortSignal | undefined): Promise<void> {
  const [number] = await bytesOf(format, signal);
  if (number !== 0)
    failAt(
      file,
      format,
      `"${format.name}" is ${number}: the tiles of a GPU (col32, col_turing or col_ampere)`,
      "0, row by row",
    );
}
