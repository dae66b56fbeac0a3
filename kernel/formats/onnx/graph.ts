import type { GraphMessage, ModelMessage, NodeMessage, TensorMessage } from "./messages";
import { Flow } from "./flow";
import { axesBehind, passes } from "./uses";
import type { Use } from "./uses";

/** The constants of a model's graphs: initializers and Constant nodes of the graph itself, of its branches and bodies, and of its functions. */

/** A constant, with all nodes that take it. */
export interface Constant {
  /** Its own, or with the graph's before it where another constant is called so. */
  readonly name: string;
  readonly message: TensorMessage;
  readonly uses: Use[];
}

/** Integers that a node makes numbers of: value = (code − zero)·scale. */
export interface Dequantization {
  readonly codes: Constant;
  readonly scale: Constant;
  readonly zero: Constant | undefined;
  /** The axis along which scales differ, from 0 or, negative, from the end. */
  readonly axis: number;
  /** How many codes along the axis share a scale; 0 for one scale each. */
  readonly blockSize: number;
}

/** Codes that lie packed in bytes, several to one, which a node of ONNX Runtime takes. */
export interface PackedCodes {
  readonly codes: Constant;
  readonly scale: Constant;
  readonly zero: Constant | undefined;
  /** Of MatMulNBits: for each input the block whose scale it has. */
  readonly order: Constant | undefined;
  readonly node: NodeMessage;
}

/** What the graphs of a model hold. */
export interface Constants {
  readonly all: readonly Constant[];
  readonly dequantizations: readonly Dequantization[];
  readonly packed: readonly PackedCodes[];
  /** What nodes that compute with codes take: the last such node. Where it is no part of a weight, it is not decoded. */
  readonly taken: ReadonlyMap<Constant, NodeMessage>;
  /** Codes whose scale or zero is computed when the graph runs. */
  readonly unscaled: ReadonlySet<Constant>;
}

/** A constant as a node sees it: through which transpositions, and whether a node has made numbers of its codes. */
interface Seen {
  readonly constant: Constant;
  readonly axes: readonly number[] | undefined;
  readonly isCode: boolean;
}

type Scope = ReadonlyMap<string, Seen>;

/** All constants of a model, in the order in which its graphs have them; yields between nodes where others may go first. */
export function* constantsOf({ graph, functions }: ModelMessage): Generator<void, Constants> {
  const found = new Finder();
  yield* found.visit(graph, new Map(), "");
  for (const one of functions) yield* found.visit(one, new Map(), one.name);
  return found;
}

/** Nodes that are visited in some milliseconds. */
const nodesInTurn = 10_000;

/** For each operator that takes codes with their scale and zero: the input of each of the three, and the axis of the scales by default. */
const dequantizing: Readonly<
  Record<string, { readonly inputs: readonly [number, number, number]; readonly axis: number }>
> = {
  DequantizeLinear: { inputs: [0, 1, 2], axis: 1 },
  QLinearConv: { inputs: [3, 4, 5], axis: 0 },
  QLinearMatMul: { inputs: [3, 4, 5], axis: -1 },
  MatMulIntegerToFloat: { inputs: [1, 3, 5], axis: -1 },
  DynamicQuantizeMatMul: { inputs: [1, 2, 3], axis: -1 },
  QGemm: { inputs: [3, 4, 5], axis: -1 },
};

/** The operators that give integers: a later product has the scale of the codes, input 1, whose zero is input 3. */
const integerAxes: Readonly<Record<string, number>> = { MatMulInteger: -1, ConvInteger: 0 };

/** For each operator that takes packed codes: the inputs of codes, scales, zero points and order. */
const packing: Readonly<Record<string, readonly [number, number, number, number]>> = {
  MatMulNBits: [1, 2, 3, 4],
  GatherBlockQuantized: [0, 2, 3, 4],
};

/** Operators that compute with codes: what they take that is not decoded is refused, for it is a weight and reads as integers. */
const computesWithCodes =
  /Integer|NBits|Bnb4|FpQ4|^(QLinear(Conv|MatMul)|QGemm|QAttention|QOrdered\w+|QMoE|QEmbedLayerNormalization|DynamicQuantize(LSTM|MatMul))$|^GatherBlockQuantized$/;

class Finder implements Constants {
  readonly all: Constant[] = [];
  readonly dequantizations: Dequantization[] = [];
  readonly packed: PackedCodes[] = [];
  readonly taken = new Map<Constant, NodeMessage>();
  readonly unscaled = new Set<Constant>();
  private readonly names = new Set<string>();
  private readonly codes = new Set<Constant>();

  private visited = 0;

  *visit(graph: GraphMessage, outer: Scope, path: string): Generator<void, void> {
    const scope = new Map(outer);
    const flow = new Flow(graph);
    for (const message of graph.initializers) this.add(scope, message.name, message, path);
    for (const [at, node] of graph.nodes.entries()) {
      if (++this.visited % nodesInTurn === 0) yield;
      if (node.op === "Constant" && node.constant && node.outputs.length > 0)
        this.add(scope, node.outputs[0], node.constant, path);
      else this.use(node, scope, flow);
      for (const inner of node.graphs) yield* this.visit(inner, scope, `${path}${node.name || `${node.op}_${at}`}/`);
    }
  }

  private add(scope: Map<string, Seen>, own: string, message: TensorMessage, path: string): void {
    let name = own === "" ? `${path}constant` : own;
    for (let copy = 1; this.names.has(name); copy++) name = copy === 1 ? `${path}${own}` : `${path}${own}_${copy}`;
    this.names.add(name);
    const constant: Constant = { name, message, uses: [] };
    this.all.push(constant);
    scope.set(own, { constant, axes: undefined, isCode: true });
  }

  private use(node: NodeMessage, scope: Map<string, Seen>, flow: Flow): void {
    this.dequantize(node, scope, flow);
    if (computesWithCodes.test(node.op)) this.noteTaken(node, scope);
    node.inputs.forEach((name, input) => {
      const seen = scope.get(name);
      if (!seen) return;
      const { constant, axes } = seen;
      if (input > 0 || !passes(node)) {
        constant.uses.push({ node, input, axes });
        return;
      }
      const isCode = seen.isCode && node.op === "Identity";
      const [output] = node.outputs;
      if (output) scope.set(output, { constant, axes: axesBehind(node, axes, constant.message.shape.length), isCode });
    });
  }

  private dequantize(node: NodeMessage, scope: Scope, flow: Flow): void {
    const { op, inputs, attributes } = node;
    const at = (input: number): Seen | undefined => scope.get(inputs[input] ?? "");
    const isComputed = (input: number): boolean => !at(input) && (inputs[input] ?? "") !== "";
    if (Object.hasOwn(packing, op)) {
      const [codes, scale, zero, order] = packing[op].map(at);
      const isKnown = !packing[op].slice(2).some(isComputed) && codes?.isCode && scale?.isCode;
      if (!isKnown || this.codes.has(codes.constant)) return;
      this.codes.add(codes.constant);
      const parts = { codes: codes.constant, scale: scale.constant, zero: zero?.constant, order: order?.constant };
      this.packed.push({ ...parts, node });
    } else if (Object.hasOwn(integerAxes, op)) {
      const scale = scope.get(flow.scaleBehind(node, scope) ?? "");
      if (scale && !isComputed(3)) this.scaled([at(1), scale, at(3)], { axis: integerAxes[op], blockSize: 0 });
    } else if (Object.hasOwn(dequantizing, op)) {
      const known = dequantizing[op];
      const [codes, scale, zero] = known.inputs.map(at);
      if (codes?.isCode && (!scale?.isCode || isComputed(known.inputs[2]))) {
        if (!this.codes.has(codes.constant)) this.unscaled.add(codes.constant);
        return;
      }
      const { axis, block_size: block, transB } = attributes;
      const usual = op === "QGemm" && transB === 1 ? 0 : known.axis;
      this.scaled([codes, scale, zero], {
        axis: typeof axis === "number" ? axis : usual,
        blockSize: typeof block === "number" ? block : 0,
      });
    }
  }

  /** Behind a QuantizeLinear a weight comes as floats that are rounded, not as codes. */
  private scaled(
    [codes, scale, zero]: readonly (Seen | undefined)[],
    lying: Pick<Dequantization, "axis" | "blockSize">,
  ): void {
    if (!codes?.isCode || !scale?.isCode || this.codes.has(codes.constant)) return;
    this.codes.add(codes.constant);
    this.dequantizations.push({ codes: codes.constant, scale: scale.constant, zero: zero?.constant, ...lying });
  }

  private noteTaken(node: NodeMessage, scope: Scope): void {
    for (const name of node.inputs) {
      const constant = scope.get(name)?.constant;
      if (constant) this.taken.set(constant, node);
    }
  }
}
