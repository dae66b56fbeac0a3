/** One thread's engine: packs the weights of a block into the module's memory and sends sequences through it. Every number of the result depends
 *  on its own sequence alone, and is the same to the last bit on every machine. */
import { Activation, NetworkMemory, packedLength } from "../../simd/network";
import type { Activation as ActivationName } from "../architectures/activation";
import type { LoadedAttention, LoadedBlock, LoadedFeedForward, LoadedHead, LoadedLinear, LoadedNorm } from "./loaded";

const activations: Readonly<Record<ActivationName, number>> = {
  silu: Activation.SILU,
  gelu: Activation.GELU,
  "gelu by tanh": Activation.GELU_TANH,
  "quick gelu": Activation.QUICK_GELU,
  relu: Activation.RELU,
  "squared relu": Activation.SQUARED_RELU,
};

/** Queries that are scored together: keys behind the last of them are left out. */
const queriesAtOnce = 64;

/** A matrix, and its bias, in the module's memory. */
interface PackedLinear {
  readonly packed: number;
  readonly bias: number | undefined;
  readonly columns: number;
  readonly inner: number;
}

interface PackedNorm {
  readonly address: number;
  readonly kind: "rms" | "layer";
  readonly epsilon: number;
}

interface PackedAttention extends Omit<
  LoadedAttention,
  "query" | "key" | "value" | "out" | "queryNorm" | "keyNorm" | "rotary"
> {
  readonly query: PackedLinear;
  readonly key: PackedLinear;
  readonly value: PackedLinear;
  readonly out: PackedLinear;
  readonly queryNorm: PackedNorm | undefined;
  readonly keyNorm: PackedNorm | undefined;
  readonly rotary: { readonly pairs: number; readonly isInterleaved: boolean; readonly table: number } | undefined;
}

interface PackedFeedForward extends Omit<LoadedFeedForward, "gate" | "up" | "down"> {
  readonly gate: PackedLinear | undefined;
  readonly up: PackedLinear;
  readonly down: PackedLinear;
}

/** A block in the module's memory, until the next `load`. */
export interface PackedBlock extends Pick<LoadedBlock, "name" | "width" | "normPlace" | "residualFactor"> {
  readonly attentionNorm: PackedNorm;
  readonly attention: PackedAttention;
  readonly afterAttention: PackedNorm | undefined;
  readonly feedForwardNorm: PackedNorm;
  readonly feedForward: PackedFeedForward;
  readonly afterFeedForward: PackedNorm | undefined;
}

/** Σx² over the rows, for each input of the matrices of a block. */
export interface InputSquares {
  /** Of query, key and value. */
  attention?: Float64Array;
  /** Of attention's last matrix. */
  out?: Float64Array;
  /** Of gate and up. */
  feedForward?: Float64Array;
  /** Of down. */
  down?: Float64Array;
}

/** A head in the module's memory. */
export interface PackedHead extends Pick<LoadedHead, "width" | "cap" | "factor"> {
  readonly norm: PackedNorm | undefined;
  readonly linear: PackedLinear;
}

/** The engine of one thread. */
export class Machine {
  private readonly memory = new NetworkMemory();
  private readonly bottom = this.memory.mark();

  /** Empties the memory: what was packed before is lost. */
  clear(): void {
    this.memory.release(this.bottom);
  }

  /** Packs a block. */
  packBlock(block: LoadedBlock): PackedBlock {
    const { attention, feedForward } = block;
    const { query, key, value, out, queryNorm, keyNorm, rotary } = attention;
    const { gate, up, down } = feedForward;
    return {
      ...block,
      attentionNorm: this.norm(block.attentionNorm),
      attention: {
        ...attention,
        ...{ query: this.linear(query), key: this.linear(key), value: this.linear(value), out: this.linear(out) },
        queryNorm: queryNorm && this.norm(queryNorm),
        keyNorm: keyNorm && this.norm(keyNorm),
        rotary: rotary && { ...rotary, table: this.memory.put(rotary.table) },
      },
      afterAttention: block.afterAttention && this.norm(block.afterAttention),
      feedForwardNorm: this.norm(block.feedForwardNorm),
      feedForward: { ...feedForward, gate: gate && this.linear(gate), up: this.linear(up), down: this.linear(down) },
      afterFeedForward: block.afterFeedForward && this.norm(block.afterFeedForward),
    };
  }

  /** Packs a head. */
  packHead(head: LoadedHead): PackedHead {
    return { ...head, norm: head.norm && this.norm(head.norm), linear: this.linear(head.linear) };
  }

  /** Sends a sequence of states (rows, width) through a block; they are changed in their place. With `squares` the sums of squares of what the
   *  matrices are given stand in it then. */
  run(block: PackedBlock, states: Float32Array, squares?: InputSquares): void {
    const { memory, functions } = this;
    const { width, normPlace, residualFactor } = block;
    const rows = states.length / width;
    const mark = memory.mark();
    const x = memory.put(states);
    const normed = memory.take(rows * width);
    const added = memory.take(rows * width);
    const add = (to: number, from: number): void => {
      if (residualFactor !== undefined) this.scale(from, rows * width, residualFactor);
      functions.addAll(to, from, rows * width);
    };
    if (normPlace === "after") {
      this.attend(block.attention, x, added, rows, squares);
      add(x, added);
      this.normalize(block.attentionNorm, x, x, rows, width);
      this.feed(block.feedForward, x, added, rows, squares);
      add(x, added);
      this.normalize(block.feedForwardNorm, x, x, rows, width);
    } else {
      this.normalize(block.attentionNorm, x, normed, rows, width);
      this.attend(block.attention, normed, added, rows, squares);
      if (block.afterAttention) this.normalize(block.afterAttention, added, added, rows, width);
      if (normPlace === "parallel") {
        this.normalize(block.feedForwardNorm, x, normed, rows, width);
        add(x, added);
      } else {
        add(x, added);
        this.normalize(block.feedForwardNorm, x, normed, rows, width);
      }
      this.feed(block.feedForward, normed, added, rows, squares);
      if (block.afterFeedForward) this.normalize(block.afterFeedForward, added, added, rows, width);
      add(x, added);
    }
    states.set(memory.floats(x, rows * width));
    memory.release(mark);
  }

  /** The logits of states (rows, width), in the module's memory until the next `take`; `use` is called with their address, rows one after the
   *  other. */
  logits<Result>(head: PackedHead, states: Float32Array, use: (address: number) => Result): Result {
    const { memory } = this;
    const { width, norm, linear, cap, factor } = head;
    const rows = states.length / width;
    const mark = memory.mark();
    try {
      const x = memory.put(states);
      if (norm) this.normalize(norm, x, x, rows, width);
      const y = memory.take(rows * linear.columns);
      this.multiply(linear, x, y, rows);
      if (factor !== undefined) this.scale(y, rows * linear.columns, factor);
      if (cap !== undefined) this.functions.capAll(y, rows * linear.columns, cap);
      return use(y);
    } finally {
      memory.release(mark);
    }
  }

  /** States (rows, width) through a norm, in their place. */
  normalizeStates(norm: LoadedNorm, states: Float32Array, width: number): void {
    const mark = this.memory.mark();
    const packed = this.norm(norm);
    const x = this.memory.put(states);
    this.normalize(packed, x, x, states.length / width, width);
    states.set(this.memory.floats(x, states.length));
    this.memory.release(mark);
  }

  /** Values at an address. */
  floats(address: number, count: number): Float32Array {
    return this.memory.floats(address, count);
  }

  get functions() {
    return this.memory.functions;
  }

  /** What `functions.judge` or `functions.compare` found. */
  judged(what: Parameters<NetworkMemory["judged"]>[0]): number {
    return this.memory.judged(what);
  }

  private linear({ values, columns, inner, columnStep, innerStep, bias }: LoadedLinear): PackedLinear {
    const { memory } = this;
    const packed = memory.take(packedLength(columns, inner));
    const own = bias && memory.put(bias);
    const mark = memory.mark();
    const address = memory.put(values);
    this.functions.pack(address, packed, columns, inner, columnStep, innerStep);
    memory.release(mark);
    return { packed, bias: own, columns, inner };
  }

  private norm({ kind, values, epsilon }: LoadedNorm): PackedNorm {
    return { kind, epsilon, address: this.memory.put(values) };
  }

  private normalize({ kind, address, epsilon }: PackedNorm, x: number, y: number, rows: number, width: number): void {
    const name = kind === "rms" ? "rootMeanSquareNorm" : "layerNorm";
    this.functions[name](x, address, y, rows, width, epsilon);
  }

  private multiply({ packed, bias, columns, inner }: PackedLinear, x: number, y: number, rows: number): void {
    const sizes = { rows, columns, inner, packedInner: inner, xStep: inner, yStep: columns };
    this.memory.product(x, packed, y, sizes);
    if (bias !== undefined) this.functions.addRow(y, bias, rows, columns, columns);
  }

  private scale(x: number, count: number, factor: number): void {
    const values = this.memory.floats(x, count);
    for (let i = 0; i < count; i++) values[i] *= factor;
  }

  /** Σx² of rows. */
  private squaresOf(x: number, rows: number, width: number): Float64Array {
    const { memory } = this;
    const mark = memory.mark();
    const sums = memory.take(2 * width);
    memory.floats(sums, 2 * width).fill(0);
    this.functions.addSquares(x, sums, rows, width);
    const bytes = memory.floats(sums, 2 * width).slice();
    memory.release(mark);
    return new Float64Array(bytes.buffer);
  }

  private attend(attention: PackedAttention, x: number, y: number, rows: number, squares?: InputSquares): void {
    const { memory } = this;
    const { query, key, value, out, heads, keyHeads, headSize } = attention;
    const mark = memory.mark();
    const [queries, keys] = [heads * headSize, keyHeads * headSize];
    const q = memory.take(rows * queries);
    const k = memory.take(rows * keys);
    const v = memory.take(rows * keys);
    this.multiply(query, x, q, rows);
    this.multiply(key, x, k, rows);
    this.multiply(value, x, v, rows);
    if (attention.queryNorm) this.normalize(attention.queryNorm, q, q, rows * heads, headSize);
    if (attention.keyNorm) this.normalize(attention.keyNorm, k, k, rows * keyHeads, headSize);
    if (attention.rotary) {
      const { pairs, isInterleaved, table } = attention.rotary;
      const turn = (at: number, count: number): void => {
        for (let head = 0; head < count; head++)
          this.functions.turn(at + 4 * head * headSize, table, rows, pairs, count * headSize, isInterleaved);
      };
      turn(q, heads);
      turn(k, keyHeads);
    }
    const mixed = memory.take(rows * queries);
    for (let keyHead = 0; keyHead < keyHeads; keyHead++) this.mixHead(attention, { q, k, v, mixed, rows }, keyHead);
    if (squares) {
      squares.attention = this.squaresOf(x, rows, query.inner);
      squares.out = this.squaresOf(mixed, rows, queries);
    }
    this.multiply(out, mixed, y, rows);
    memory.release(mark);
  }

  /** All query heads of one head of keys and values. */
  private mixHead(
    { heads, keyHeads, headSize, scale, cap, isCausal, window }: PackedAttention,
    { q, k, v, mixed, rows }: { q: number; k: number; v: number; mixed: number; rows: number },
    keyHead: number,
  ): void {
    const { memory, functions } = this;
    const [queries, keys] = [heads * headSize, keyHeads * headSize];
    const mark = memory.mark();
    const packedKeys = memory.take(packedLength(rows, headSize));
    const packedValues = memory.take(packedLength(headSize, rows));
    const scores = memory.take(queriesAtOnce * rows);
    functions.pack(k + 4 * keyHead * headSize, packedKeys, rows, headSize, keys, 1);
    functions.pack(v + 4 * keyHead * headSize, packedValues, headSize, rows, 1, keys);
    const perKey = heads / keyHeads;
    for (let head = keyHead * perKey; head < (keyHead + 1) * perKey; head++)
      for (let first = 0; first < rows; first += queriesAtOnce) {
        const count = Math.min(queriesAtOnce, rows - first);
        const seen = isCausal ? first + count : rows;
        const at = 4 * (first * queries + head * headSize);
        const scored = { rows: count, columns: seen, inner: headSize, packedInner: headSize };
        memory.product(q + at, packedKeys, scores, { ...scored, xStep: queries, yStep: seen });
        const form = { rows: count, keys: seen, step: seen, place: first, window: window ?? 0 };
        memory.softmax(scores, { ...form, causal: isCausal, scale, cap: cap ?? 0 });
        const summed = { rows: count, columns: headSize, inner: seen, packedInner: rows };
        memory.product(scores, packedValues, mixed + at, { ...summed, xStep: seen, yStep: queries });
      }
    memory.release(mark);
  }

  private feed(
    { gate, up, down, activation }: PackedFeedForward,
    x: number,
    y: number,
    rows: number,
    squares?: InputSquares,
  ): void {
    const { memory, functions } = this;
    const mark = memory.mark();
    const count = rows * up.columns;
    const inner = memory.take(count);
    this.multiply(up, x, inner, rows);
    if (gate) {
      const gates = memory.take(count);
      this.multiply(gate, x, gates, rows);
      functions.activate(gates, count, activations[activation]);
      functions.multiplyAll(inner, gates, count);
    } else functions.activate(inner, count, activations[activation]);
    if (squares) {
      squares.feedForward = this.squaresOf(x, rows, up.inner);
      squares.down = this.squaresOf(inner, rows, down.inner);
    }
    this.multiply(down, inner, y, rows);
    memory.release(mark);
  }
}
