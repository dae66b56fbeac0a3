/** What the constants of a TensorFlow graph are by the operations that take them, as the topology of a converted graph model lists them.
 *  Source: tfjs-converter 4.22, operations/op_list. */
import type { Axes, RoleDescription, TensorRole } from "../../tensor/role";
import { kerasAxes, kerasDepthwiseAxes } from "./axes";
import { einsumAxes } from "./einsum";
import type { Subject } from "./subject";

interface Node {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

type Use = { readonly role: TensorRole; readonly axes?: Axes } | undefined;

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Operations that hand a constant on. */
const passing = /^(Identity|IdentityN|ReadVariableOp|Cast|StopGradient|Snapshot|Dequantize|Enter)$/;

/** The nodes of a graph, those of its functions too. */
function nodesOf(topology: Readonly<Record<string, unknown>>): Node[] {
  const library = record(topology.library).function;
  const lists = [topology.node, ...(Array.isArray(library) ? library.map((one) => record(one).nodeDef) : [])];
  return lists
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .map((value) => {
      const { name, op, input, attr } = record(value);
      return {
        name: String(name),
        op: String(op),
        input: Array.isArray(input) ? input.map((one) => String(one).replace(/^\^/, "").replace(/:.*$/, "")) : [],
        attr: record(attr),
      };
    });
}

/** What an operation makes of its input number `at`. */
function useOf({ op, attr }: Node, at: number, { shape }: Subject): Use {
  const rank = shape.length;
  const isTrue = (name: string): boolean => record(attr[name]).b === true;
  const matrix = (role: TensorRole, axes: Axes): Use => (rank >= 2 ? { role, axes } : undefined);
  if (/^(_?Fused)?Conv[23]?D$|^_FusedConv2D$|^Conv3D$/.test(op)) {
    if (at === 1) return matrix("convolution", kerasAxes(shape));
    return at > 1 ? { role: "bias" } : undefined;
  }
  if (/^(Fused)?DepthwiseConv2dNative$|^DepthwiseConv2d$|^_?FusedDepthwiseConv2dNative$/.test(op)) {
    if (at === 1) return matrix("convolution", kerasDepthwiseAxes(shape));
    return at > 1 ? { role: "bias" } : undefined;
  }
  if (/^Conv[23]DBackpropInput(V2)?$|^Conv2dTranspose$/.test(op) && at === 1)
    return matrix("convolution", { output: [rank - 2], input: [rank - 1], stacked: [] });
  if (/^(_?Fused)?MatMul$|^BatchMatMul(V[23])?$/.test(op)) {
    if (at > 1) return { role: "bias" };
    const isSecond = at === 1;
    const turned = isTrue(isSecond ? "transpose_b" : "transpose_a") || isTrue(isSecond ? "adj_y" : "adj_x");
    const [output, input] = turned === isSecond ? [rank - 2, rank - 1] : [rank - 1, rank - 2];
    return matrix("linear", {
      output: [output],
      input: [input],
      stacked: Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i),
    });
  }
  if (op === "Einsum" && at === 1) {
    const equation = record(attr.equation).s;
    const text = typeof equation === "string" ? Buffer.from(equation, "base64").toString("latin1") : undefined;
    const axes = einsumAxes(text, rank);
    return axes && matrix("linear", axes);
  }
  if (/^(Resource)?Gather(V2|Nd)?$/.test(op) && at === 0 && rank === 2)
    return { role: "embedding", axes: { output: [0], input: [1], stacked: [] } };
  if (/^BiasAdd(V1)?$/.test(op) && at === 1) return { role: "bias" };
  if (/^FusedBatchNorm(V[23])?$/.test(op) && at > 0) return { role: "norm" };
  if (op === "Prelu" && at === 1) return { role: "buffer" };
  return undefined;
}

/** The operations of a graph as a judge of its constants; `undefined` for settings that are no graph. A constant that none of them takes is
 *  "unknown": a shape, a factor of an elementwise product. */
export function graphJudge(
  config: Readonly<Record<string, unknown>> | undefined,
): ((subject: Subject) => RoleDescription) | undefined {
  const topology = record(config?.modelTopology);
  if (!Array.isArray(topology.node)) return undefined;
  const nodes = nodesOf(topology);
  const users = new Map<string, [node: Node, at: number][]>();
  for (const node of nodes)
    node.input.forEach((name, at) => {
      const own = users.get(name) ?? [];
      own.push([node, at]);
      users.set(name, own);
    });
  const usesOf = (name: string, seen: Set<string>): [Node, number][] =>
    (users.get(name) ?? []).flatMap(([node, at]): [Node, number][] => {
      if (!passing.test(node.op) || seen.has(node.name)) return [[node, at]];
      seen.add(node.name);
      return usesOf(node.name, seen);
    });
  return (subject) => {
    const uses = usesOf(subject.name, new Set());
    for (const [node, at] of uses) {
      const use = useOf(node, at, subject);
      if (use) return { ...use, roleReason: `the graph: ${node.op} takes it as input ${at}` };
    }
    const ops = [...new Set(uses.map(([{ op }]) => op))].slice(0, 3);
    const roleReason =
      ops.length === 0
        ? "no operation of the graph takes it"
        : `the graph: ${ops.join(", ")} ${ops.length === 1 ? "takes" : "take"} it`;
    return subject.shape.length < 2 ? { role: "unknown", roleReason } : { role: "buffer", roleReason };
  };
}
