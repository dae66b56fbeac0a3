import type { GraphMessage, NodeMessage } from "./messages";

/** What becomes of the results of a graph's nodes, asked of the few nodes that compute with integers. */
export class Flow {
  private takers: Map<string, NodeMessage[]> | undefined;
  private makers: Map<string, NodeMessage> | undefined;

  constructor(private readonly graph: GraphMessage) {}

  /** The name of the constant that scales the codes of a node which gives integers. Writers of dynamic quantization multiply twice:
   *
   *  y = Cast(MatMulInteger(q, codes)) · (scale of q · scale of codes),
   *
   *  where the scale of q is computed as the graph runs. `constants`: what is known before it runs. Undefined for any other arrangement. */
  scaleBehind({ outputs: [result] }: NodeMessage, constants: ReadonlyMap<string, unknown>): string | undefined {
    const [after, ...more] = this.takersOf(result);
    if (!after || more.length > 0) return undefined;
    if (after.op === "Cast") return this.scaleBehind(after, constants);
    if (after.op !== "Mul") return undefined;
    const factor = after.inputs.find((name) => name !== result) ?? "";
    const product = this.makerOf(factor);
    if (product?.op !== "Mul") return undefined;
    const known = product.inputs.filter((name) => constants.has(name));
    return known.length === 1 && product.inputs.length === 2 ? known[0] : undefined;
  }

  private takersOf(name: string | undefined): readonly NodeMessage[] {
    if (!this.takers) {
      this.takers = new Map();
      for (const node of this.graph.nodes)
        for (const input of node.inputs) {
          const list = this.takers.get(input);
          if (list) list.push(node);
          else this.takers.set(input, [node]);
        }
    }
    return this.takers.get(name ?? "") ?? [];
  }

  private makerOf(name: string): NodeMessage | undefined {
    this.makers ??= new Map(this.graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    return this.makers.get(name);
  }
}
