import type { GraphMessage, ModelMessage, NodeMessage, TensorMessage } from "./messages";
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

/** What the graphs of a model hold. */
export interface Constants {
  readonly all: readonly Constant[];
  readonly dequantizations: readonly Dequantization[];
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
};

class Finder implements Constants {
  readonly all: Constant[] = [];
  readonly dequantizations: Dequantization[] = [];
  readonly unscaled = new Set<Constant>();
  private readonly names = new Set<string>();
  private readonly codes = new Set<Constant>();

  private visited = 0;

  *visit(graph: GraphMessage, outer: Scope, path: string): Generator<void, void> {
    const scope = new Map(outer);
    for (const message of graph.initializers) this.add(scope, message.name, message, path);
    for (const [at, node] of graph.nodes.entries()) {
      if (++this.visited % nodesInTurn === 0) yield;
      if (node.op === "Constant" && node.constant && node.outputs.length > 0)
        this.add(scope, node.outputs[0], node.constant, path);
      else this.use(node, scope);
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

  private use(node: NodeMessage, scope: Map<string, Seen>): void {
    this.dequantize(node, scope);
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

  private dequantize(node: NodeMessage, scope: Scope): void {
    const known = Object.hasOwn(dequantizing, node.op) ? dequantizing[node.op] : undefined;
    if (!known) return;
    const [codes, scale, zero] = known.inputs.map((input) => scope.get(node.inputs[input] ?? ""));
    if (!codes || this.codes.has(codes.constant)) return;
    const isZeroComputed = zero === undefined && (node.inputs[known.inputs[2]] ?? "") !== "";
    if (!codes.isCode || !scale?.isCode || isZeroComputed) {
      // Behind a QuantizeLinear a weight comes as floats that are rounded, not as codes.
      if (codes.isCode) this.unscaled.add(codes.constant);
      return;
    }
    this.codes.add(codes.constant);
    const { axis, block_size: block } = node.attributes;
    this.dequantizations.push({
      codes: codes.constant,
      scale: scale.constant,
      zero: zero?.constant,
      axis: typeof axis === "number" ? axis : known.axis,
      blockSize: typeof block === "number" ? block : 0,
    });
  }
}
