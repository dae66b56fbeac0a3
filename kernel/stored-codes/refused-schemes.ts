/** Ways to store weights that are known by their signs and not decoded, a row each: what gives them away among the tensors that no scheme took,
 *  or what `quant_method` says, and what to do instead. A sign asks for two things, so that no model of numbers is refused for a name. */
import type { Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";

/** A way to store codes that is known by its signs and not decoded. */
export interface Refusal {
  /** How people call it. */
  readonly name: string;
  /** What `quant_method` says of it. */
  readonly methods?: readonly string[];
  /** A tensor that gives it away, among those that no scheme took. */
  sign?(file: FileTensors): Tensor | undefined;
  /** What to do instead, as what was expected: "a checkpoint in the GEMM layout". */
  readonly remedy: string;
}

const numbers = "a checkpoint whose weights are numbers (dequantize it with the library that wrote it, and save that)";

const exllama = "the model that it was made from, or a GGUF or GPTQ version";

/** The first tensor whose name ends in `ending` (after a dot, or "~": anywhere) of one of `dtypes` (absent: any) that has `companion` beside it. */
function beside(
  ending: string,
  companion: string,
  dtypes?: readonly string[],
): (file: FileTensors) => Tensor | undefined {
  return ({ tensors }) =>
    [...tensors.values()].find(
      ({ name, dtype }) =>
        (name === ending || name.endsWith(`.${ending}`)) &&
        (dtypes?.includes(dtype) ?? true) &&
        tensors.has(name.slice(0, name.length - ending.length) + companion),
    );
}

/** The same for names that end alike whatever stands before: "X._weight_qdata" beside "X._weight_scale". */
function ends(ending: string, companion: string): (file: FileTensors) => Tensor | undefined {
  return ({ tensors }) =>
    [...tensors.values()].find(
      ({ name }) => name.endsWith(ending) && tensors.has(name.slice(0, name.length - ending.length) + companion),
    );
}

const eightBits = ["F8_E4M3", "F8_E5M2"];
const integers = ["U8", "I8", "I16", "U16", "I32", "U32", "I64"];

/** The table. Names of tensors are those that each library's own modules register. */
export const refusedSchemes: readonly Refusal[] = [
  { name: "AMD Quark", methods: ["quark"], remedy: numbers },
  {
    name: "torchao",
    methods: ["torchao"],
    sign: (file) => ends("_qdata", "_scale")(file) ?? ends("_qdata", "_block_scale")(file),
    remedy: numbers,
  },
  {
    name: "optimum-quanto",
    methods: ["quanto"],
    // Four bits are packed by a tensor of their own, which has its numbers in "_data" again.
    sign: (file) => ends("._data", "._scale")(file) ?? ends("._data._data", "._scale")(file),
    remedy: numbers,
  },
  {
    name: "BitNet, packed ternary",
    methods: ["bitnet"],
    remedy: "the master weights, in a repository ending in -bf16",
  },
  { name: "EETQ", methods: ["eetq"], sign: beside("weight", "weight_scales", integers), remedy: numbers },
  { name: "VPTQ", methods: ["vptq"], sign: beside("indices", "centroids.weight", integers), remedy: numbers },
  { name: "AQLM", methods: ["aqlm"], sign: beside("codes", "codebooks", integers), remedy: numbers },
  { name: "SpQR", methods: ["spqr"], sign: beside("dense_weights", "row_offsets", integers), remedy: numbers },
  { name: "QuIP#", methods: ["quip", "quip#", "quip_sharp"], sign: beside("Qidxs", "SU"), remedy: numbers },
  { name: "QTIP", methods: ["qtip"], sign: beside("trellis", "SU"), remedy: numbers },
  {
    name: "the four-bit integers of torchao's and gpt-fast's matrix unit",
    sign: beside("weight", "scales_and_zeros", integers),
    remedy: numbers,
  },
  {
    name: "compressed-tensors' sparse bitmask",
    sign: beside("compressed", "bitmask"),
    remedy: "the model before it was packed, or one that llm-compressor saved with disable_sparse_compression=True",
  },
  {
    name: "compressed-tensors' marlin-24",
    sign: beside("weight_packed", "scale_packed"),
    remedy: "the model before it was packed, or one saved as pack-quantized",
  },
  { name: "HIGGS (FLUTE)", methods: ["higgs"], sign: beside("weight", "tables2", integers), remedy: numbers },
  { name: "EXL2", methods: ["exl2"], sign: beside("q_weight", "q_scale"), remedy: exllama },
  { name: "EXL3", methods: ["exl3"], sign: beside("trellis", "suh"), remedy: exllama },
  {
    name: "FP-Quant",
    methods: ["fp_quant"],
    sign: (file) =>
      beside("qweight", "forward_hadamard_matrix")(file) ?? beside("dqweight", "forward_hadamard_matrix")(file),
    remedy: "master weights (store_master_weights=True); the codes are those of a rotated weight",
  },
  { name: "SINQ", methods: ["sinq"], sign: beside("W_q", "scale2"), remedy: numbers },
  {
    name: "Four Over Six",
    methods: ["fouroversix"],
    sign: beside("quantized_weight_values", "quantized_weight_scale_factors"),
    remedy: "master weights (keep_master_weights=True)",
  },
  { name: "Gemma's packed integers", methods: ["gemma"], remedy: numbers },
  {
    name: "transformers' NVFP4, swizzled for its kernel",
    methods: ["nvfp4"],
    sign: beside("weight", "weight_sf"),
    remedy: "the model that it was made from",
  },
  {
    name: "AWQ in the layout of its fast GEMV (or llm-awq's), which packs four rows into 16-bit words",
    sign: beside("qweight", "scales", ["I16", "U16"]),
    remedy: 'a checkpoint with "version": "gemm"',
  },
  {
    name: "Marlin",
    methods: ["marlin"],
    sign: beside("B", "s", integers),
    remedy: "a checkpoint in GPTQ's own layout",
  },
  { name: "QQQ", methods: ["qqq"], sign: beside("B", "s_channel", integers), remedy: numbers },
  { name: "SqueezeLLM", methods: ["squeezellm"], sign: beside("qweight", "lookup_table", integers), remedy: numbers },
  {
    name: "SVDQuant (Nunchaku)",
    methods: ["svdquant"],
    sign: beside("qweight", "wscales"),
    remedy: "the model that it was made from",
  },
  {
    name: "DFloat11",
    sign: beside("sign_mantissa", "encoded_exponent"),
    remedy: "the model that it was made from; what it decodes to is the same to the bit",
  },
  {
    name: "TensorRT-LLM",
    sign: (file) =>
      beside("weight", "weights_scaling_factor", [...integers, ...eightBits])(file) ??
      beside("weight", "weights_block_scaling_factor", [...integers, ...eightBits])(file),
    remedy: "the checkpoint of Hugging Face's layout that it was converted from",
  },
  {
    name: "ComfyUI's blocks, whose scales lie in the order of a matrix unit",
    sign: beside("weight", "comfy_quant", [...integers, ...eightBits]),
    remedy: "float8_e4m3fn with one scale a tensor, or numbers",
  },
  {
    name: "integers of ONNX Runtime",
    sign: (file) => ends("_quantized", "_scale")(file),
    remedy: "the model before quantize_static or quantize_dynamic",
  },
  {
    name: "ModelOpt's packed INT4 (AWQ)",
    sign: (file) => (isModelOptInt4(file) ? beside("weight", "weight_scale", ["U8"])(file) : undefined),
    remedy: numbers,
  },
  {
    name: "floats of AMD's FNUZ kind",
    sign: ({ tensors }) => [...tensors.values()].find(({ dtype }) => /^F8_E\dM\dFNUZ$/.test(dtype)),
    remedy: "F8_E4M3 or F8_E5M2 of the OCP specification, or wider floats",
  },
];

function isModelOptInt4({ quantization }: FileTensors): boolean {
  return /W4A(16|8)_AWQ/.test(JSON.stringify(quantization ?? {}).slice(0, 10_000));
}
