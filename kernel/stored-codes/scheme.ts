/** What a scheme of stored codes is to this room: how its weights are found among a file's tensors, and how they are decoded. */
import type { RoleDescription } from "../tensor/role";
import type { Shape, Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";

/** A way to store weights as codes with scales: GPTQ, AWQ, NF4, blocks of FP8. One file a scheme, one row of schemes.ts. */
export interface Scheme {
  /** How people call it. */
  readonly name: string;
  /** True where its parts are numbers, none of them codes. */
  readonly isOfNumbers?: true;
  /** What `quant_method` in the settings says of it; none where other signs tell. */
  readonly methods: readonly string[];
  /** The weights that a file stores so, none where it stores none. Headers are looked at, and no values but those of small tensors that hold a
   *  description. `FormatError` for parts that do not fit each other. */
  find(file: FileTensors): readonly LogicalWeight[] | Promise<readonly LogicalWeight[]>;
}

/** A weight that a file holds in parts. */
export interface LogicalWeight {
  /** Its name in the network: "model.layers.0.mlp.up_proj.weight". */
  readonly name: string;
  /** Dimensions of the weight, outermost first: (out, in) of a linear layer. */
  readonly shape: Shape;
  /** What it is to its network and which way it lies, where the scheme itself says so: the inputs of stacked experts are what scales run along. */
  readonly description?: RoleDescription | undefined;
  /** How it is stored, for people: "GPTQ 4-bit g128". */
  readonly scheme: string;
  /** What the settings say otherwise than the shapes, which alone decide: "the settings say 8 bits, the shapes 4". */
  readonly contradiction?: string | undefined;
  /** The tensors of the file that it takes up, each of which belongs to one weight only; codes first. */
  readonly parts: readonly Tensor[];
  /** Reads what every row needs (scales, zero points, where they lie far apart the codes too) and gives the decoder of rows. A row is a run of
   *  the last dimension; there are parameters / columns of them. */
  open(reading: Reading): Promise<DecodeRows>;
}

/** Fills `values`, which holds whole rows, with those from row `from` on: w as float32, bit for bit what the scheme's reference decodes. */
export type DecodeRows = (values: Float32Array, from: number) => void | Promise<void>;

/** One reading of a weight. */
export interface Reading {
  /** Stops it. */
  readonly signal: AbortSignal | undefined;
  /** Keeps a sentence for whoever asks how the weight was taken: "its zero points are those of gptq_v2, although …". */
  note(sentence: string): void;
}
