import { pause } from "../../bytes/pause";
import type { ParseBudget } from "../budget";
import { maxNameLength, maxRank, maxTensors } from "../limits";
import { quote } from "../json-reader";
import type { Field, Range, WireReader } from "./wire";

/** The messages of ONNX as far as weights ask: a model's graph, its nodes, the tensors that are constants. Values are left where they are.
 *  Source: onnx/onnx.proto, whose numbers of fields these are. */

/** A TensorProto. */
export interface TensorMessage {
  readonly name: string;
  /** The message's first byte, for errors. */
  readonly at: number;
  readonly type: number;
  readonly shape: readonly number[];
  /** `raw_data`. */
  readonly raw: Range | undefined;
  /** The pieces of each field of values, by its number. */
  readonly pieces: ReadonlyMap<number, readonly Range[]>;
  /** Of a sparse tensor: its numbers and their places; the rest is then what the dense tensor has. */
  readonly sparse?: { readonly values: TensorMessage; readonly places: TensorMessage };
  /** `external_data`, where `data_location` says that it counts. */
  readonly external: Readonly<Record<string, string>> | undefined;
}

/** Settings of a node that say which way a weight lies. */
export interface NodeAttributes {
  readonly [name: string]: number | readonly number[] | undefined;
}

/** A NodeProto. */
export interface NodeMessage {
  readonly op: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: NodeAttributes;
  /** The value of a Constant. */
  readonly constant: TensorMessage | undefined;
  /** Graphs of its branches and bodies. */
  readonly graphs: readonly GraphMessage[];
}

/** A GraphProto, or the body of a function. */
export interface GraphMessage {
  readonly name: string;
  readonly nodes: readonly NodeMessage[];
  /** Sparse ones behind the others. */
  readonly initializers: readonly TensorMessage[];
}

/** A ModelProto. */
export interface ModelMessage {
  readonly graph: GraphMessage;
  readonly functions: readonly GraphMessage[];
  readonly metadata: Readonly<Record<string, string>>;
}

const maxDepth = 16;
/** The largest exported networks have some ten thousand nodes. */
const maxNodes = 1_000_000;
/** Nodes that are read in some milliseconds. */
const nodesInTurn = 1000;
/** Fields of values in so many pieces are written one number at a time, which no writer does. */
const maxPieces = 4096;
const maxTextBytes = 1024 * 1024;
/** Bytes of memory that a node, a tensor and a text take at most, empty ones too. */
const nodeBytes = 1024;
const tensorBytes = 1536;
const textBytes = 96;
/** Numbers that are read of an attribute. */
const maxInts = 64;
const fieldsOfValues: ReadonlySet<number> = new Set([4, 5, 7, 10, 11]);
const wantedAttributes: ReadonlySet<string> = new Set([
  "transA",
  "transB",
  "perm",
  "axis",
  "block_size",
  "group",
  "to",
  "K",
  "N",
  "bits",
  "gather_axis",
  "quantize_axis",
]);

/** Reads the messages of one model. */
export class MessageReader {
  private nodes = 0;
  private tensors = 0;

  constructor(
    private readonly wire: WireReader,
    private readonly budget: ParseBudget,
  ) {}

  /** The model, or `undefined` where no field of the file is a graph. */
  async model(): Promise<ModelMessage | undefined> {
    let graph: GraphMessage | undefined;
    const functions: GraphMessage[] = [];
    const metadata: Record<string, string> = Object.create(null);
    const texts: Readonly<Record<number, string>> = { 2: "producer_name", 3: "producer_version", 4: "domain" };
    for await (const field of this.wire.fields(this.wire.whole)) {
      if (field.number === 7 && field.type === 2) {
        if (graph) this.wire.fail(field.start, "there are two graphs", "one");
        graph = await this.graph(field, 0);
      } else if (field.number === 25 && field.type === 2) functions.push(await this.function(field));
      else if (field.number === 14 && field.type === 2) await this.pair(field, metadata);
      else if (Object.hasOwn(texts, field.number) && field.type === 2 && field.end > field.start)
        metadata[`onnx.${texts[field.number]}`] = await this.text(field, texts[field.number]);
    }
    return graph && { graph, functions, metadata };
  }

  private async graph(range: Range, depth: number): Promise<GraphMessage> {
    this.budget.spend(nodeBytes, range.start);
    if (depth > maxDepth) this.wire.fail(range.start, "graphs nest too deep", `${maxDepth} levels`);
    const nodes: NodeMessage[] = [];
    const initializers: TensorMessage[] = [];
    const sparse: TensorMessage[] = [];
    let name = "";
    for await (const field of this.wire.fields(range)) {
      if (field.type !== 2) continue;
      if (field.number === 1) nodes.push(await this.node(field, depth));
      else if (field.number === 2) name = await this.text(field, "the name of a graph");
      else if (field.number === 5) initializers.push(await this.tensor(field));
      else if (field.number === 15) sparse.push(await this.sparse(field));
    }
    return { name, nodes, initializers: [...initializers, ...sparse] };
  }

  private async function(range: Range): Promise<GraphMessage> {
    const nodes: NodeMessage[] = [];
    let name = "";
    for await (const field of this.wire.fields(range)) {
      if (field.number === 1 && field.type === 2) name = await this.text(field, "the name of a function");
      else if (field.number === 7 && field.type === 2) nodes.push(await this.node(field, 0));
    }
    return { name, nodes, initializers: [] };
  }

  private async node(range: Range, depth: number): Promise<NodeMessage> {
    if (++this.nodes > maxNodes)
      this.wire.fail(range.start, `there are more than ${maxNodes} nodes`, `at most ${maxNodes}`);
    // What lies in memory is read without a turn of the event loop.
    if (this.nodes % nodesInTurn === 0) await pause();
    this.budget.spend(nodeBytes, range.start);
    const texts = { 3: "", 4: "", 7: "" };
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes: Record<string, number | readonly number[]> = Object.create(null);
    const graphs: GraphMessage[] = [];
    let constant: TensorMessage | undefined;
    for await (const field of this.wire.fields(range)) {
      if (field.type !== 2) continue;
      if (field.number === 1) inputs.push(await this.text(field, "an input"));
      else if (field.number === 2) outputs.push(await this.text(field, "an output"));
      else if (field.number === 3 || field.number === 4 || field.number === 7)
        texts[field.number] = await this.text(field, "a name or a type of a node");
      else if (field.number === 5) {
        const { name, value, tensor, graphs: inner } = await this.attribute(field, depth);
        if (wantedAttributes.has(name) && value !== undefined) attributes[name] = value;
        if ((name === "value" || name === "sparse_value") && tensor) constant = tensor;
        for (const graph of inner) graphs.push(graph);
      }
    }
    return { name: texts[3], op: texts[4], domain: texts[7], inputs, outputs, attributes, constant, graphs };
  }

  private async attribute(
    range: Range,
    depth: number,
  ): Promise<{
    name: string;
    value: number | number[] | undefined;
    tensor: TensorMessage | undefined;
    graphs: GraphMessage[];
  }> {
    this.budget.spend(textBytes, range.start);
    let name = "";
    let value: number | number[] | undefined;
    let tensor: TensorMessage | undefined;
    const graphs: GraphMessage[] = [];
    for await (const field of this.wire.fields(range)) {
      const ints = Array.isArray(value) ? value : [];
      if (field.number === 1 && field.type === 2) name = await this.text(field, "the name of an attribute");
      else if (field.number === 3 && field.type === 0) value = signed(field.value);
      else if (field.number === 8 && field.type === 0 && ints.length < maxInts) value = [...ints, signed(field.value)];
      else if (
        field.number === 8 &&
        field.type === 2 &&
        wantedAttributes.has(name) &&
        field.end - field.start <= 10 * maxInts
      )
        value = (await this.wire.varints(field, `the attribute ${quote(name)}`, maxInts)).map(signed);
      else if (field.number === 5 && field.type === 2) tensor = await this.tensor(field);
      else if (field.number === 22 && field.type === 2) tensor = await this.sparse(field);
      else if ((field.number === 6 || field.number === 11) && field.type === 2)
        graphs.push(await this.graph(field, depth + 1));
    }
    return { name, value, tensor, graphs };
  }

  private async tensor(range: Range): Promise<TensorMessage> {
    if (++this.tensors > maxTensors)
      this.wire.fail(range.start, `there are more than ${maxTensors} tensors`, `at most ${maxTensors}`);
    this.budget.spend(tensorBytes, range.start);
    const shape: number[] = [];
    const pieces = new Map<number, Range[]>();
    const external: Record<string, string> = Object.create(null);
    let name = "";
    let type = 0;
    let raw: Range | undefined;
    let isExternal = false;
    for await (const field of this.wire.fields(range)) {
      const { number, start, end } = field;
      if (number === 1) for (const size of await this.sizes(field)) shape.push(size);
      else if (number === 2 && field.type === 0) type = Number(field.value);
      else if (number === 3) this.wire.fail(start, "a tensor is a segment of another", "a whole tensor");
      else if (number === 8 && field.type === 2) name = await this.text(field, "the name of a tensor");
      else if (number === 9 && field.type === 2) raw = { start, end };
      else if (number === 13 && field.type === 2) await this.pair(field, external);
      else if (number === 14 && field.type === 0) isExternal = field.value === 1n;
      else if (fieldsOfValues.has(number)) this.piece(pieces, field);
      if (shape.length > maxRank)
        this.wire.fail(start, `a tensor has ${shape.length} dimensions`, `at most ${maxRank}`);
    }
    return { name, at: range.start, type, shape, raw, pieces, external: isExternal ? external : undefined };
  }

  private piece(pieces: Map<number, Range[]>, { number, type, start, end }: Field): void {
    const list = pieces.get(number) ?? [];
    if (list.length === maxPieces)
      this.wire.fail(start, `values lie in more than ${maxPieces} pieces`, "packed numbers");
    if (type === 2 && start === end) return;
    list.push({ start, end });
    pieces.set(number, list);
  }

  private async sizes(field: Field): Promise<number[]> {
    const values = field.type === 2 ? await this.wire.varints(field, "a shape", maxRank) : [field.value];
    return values.map((value) => {
      const size = signed(value);
      return size >= 0 && Number.isSafeInteger(size)
        ? size
        : this.wire.fail(field.start, `a dimension is ${size}`, "at least 0");
    });
  }

  /** A SparseTensorProto; its name is that of its numbers. */
  private async sparse(range: Range): Promise<TensorMessage> {
    let values: TensorMessage | undefined;
    let places: TensorMessage | undefined;
    const shape: number[] = [];
    for await (const field of this.wire.fields(range)) {
      if (field.number === 1 && field.type === 2) values = await this.tensor(field);
      else if (field.number === 2 && field.type === 2) places = await this.tensor(field);
      else if (field.number === 3) for (const size of await this.sizes(field)) shape.push(size);
      if (shape.length > maxRank)
        this.wire.fail(field.start, `a tensor has ${shape.length} dimensions`, `at most ${maxRank}`);
    }
    if (!values || !places)
      return this.wire.fail(range.start, "a sparse tensor has no numbers, or none of their places", "both");
    const { name, type } = values;
    const none = { raw: undefined, pieces: new Map<number, readonly Range[]>(), external: undefined };
    return { name, type, shape, at: range.start, ...none, sparse: { values, places } };
  }

  private async pair(range: Range, into: Record<string, string>): Promise<void> {
    const texts = { 1: "", 2: "" };
    for await (const field of this.wire.fields(range))
      if (field.type === 2 && (field.number === 1 || field.number === 2))
        texts[field.number] = await this.wire.text(field, "an entry of metadata", maxTextBytes);
    if (texts[1] !== "__proto__") into[texts[1]] = texts[2];
  }

  private text(field: Field, what: string): Promise<string> {
    this.budget.spend(textBytes + 2 * (field.end - field.start), field.start);
    return this.wire.text(field, what, maxNameLength);
  }
}

/** A varint as a signed number of 64 bits. */
function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}
