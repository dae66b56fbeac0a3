/** Reads the tensors of a network's parts into arrays that threads share. */
import { OptionError } from "../../errors";
import type { Model } from "../../tensor/model";
import type { Block, Linear, Network, Norm, Part, Rotary } from "../architectures/network";
import type { LoadedBlock, LoadedHead, LoadedLinear, LoadedNorm } from "./loaded";

/** Reads parts of one model's network. */
export class Loader {
  constructor(
    private readonly model: Model,
    private readonly network: Network,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** A block, with positions for sequences of `places`. */
  async block(block: Block, places: number): Promise<LoadedBlock> {
    const { attention, feedForward, normPlace, name, residualFactor } = block;
    const { query, key, value, out, queryNorm, keyNorm, rotary, ...numbers } = attention;
    const { width } = this.network;
    const [queries, keys] = [attention.heads * attention.headSize, attention.keyHeads * attention.headSize];
    const up = await this.linear(feedForward.up, undefined, width);
    return {
      ...{ name, width, normPlace, residualFactor },
      attentionNorm: await this.norm(block.attentionNorm, width),
      attention: {
        ...numbers,
        query: await this.linear(query, queries, width),
        key: await this.linear(key, keys, width),
        value: await this.linear(value, keys, width),
        out: await this.linear(out, width, queries),
        queryNorm: queryNorm && (await this.norm(queryNorm, attention.headSize)),
        keyNorm: keyNorm && (await this.norm(keyNorm, attention.headSize)),
        rotary: rotary && { ...rotary, table: turns(rotary, places) },
      },
      afterAttention: block.afterAttention && (await this.norm(block.afterAttention, width)),
      feedForwardNorm: await this.norm(block.feedForwardNorm, width),
      feedForward: {
        up,
        gate: feedForward.gate && (await this.linear(feedForward.gate, up.columns, width)),
        down: await this.linear(feedForward.down, width, up.columns),
        activation: feedForward.activation,
      },
      afterFeedForward: block.afterFeedForward && (await this.norm(block.afterFeedForward, width)),
    };
  }

  /** The head; `undefined` where the network has none. */
  async head(): Promise<LoadedHead | undefined> {
    const { width, vocabulary, norm, head } = this.network;
    if (!head) return undefined;
    return {
      ...{ width, cap: head.cap, factor: head.factor },
      norm: norm && (await this.norm(norm, width)),
      linear: await this.linear(head.linear, vocabulary, width),
    };
  }

  /** A norm over `width` numbers. */
  async norm({ kind, weight, bias, epsilon, offset = 0 }: Norm, width: number): Promise<LoadedNorm> {
    const values = sharedFloats(kind === "layer" ? 2 * width : width);
    values.set(await this.vector({ tensor: weight }, width));
    if (offset !== 0) for (let i = 0; i < width; i++) values[i] += offset;
    if (bias !== undefined) values.set(await this.vector({ tensor: bias }, width), width);
    return { kind, values, epsilon };
  }

  /** A matrix of `columns` outputs (any number where `undefined`) and `inner` inputs. */
  async linear(
    { weight, bias, isInputFirst = false }: Linear,
    columns: number | undefined,
    inner: number,
  ): Promise<LoadedLinear> {
    const tensor = this.model.tensor(weight.tensor);
    const [rows, length] = tensor.shape;
    const whole = isInputFirst ? length : rows;
    const found = weight.runs ? weight.runs.length * weight.runs.count : whole;
    if (tensor.shape.length !== 2 || (isInputFirst ? rows : length) !== inner || found !== (columns ?? found))
      throw new OptionError(
        `${this.model.name}: ${tensor.name}: a matrix of ${columns ?? "some"} outputs and ${inner} inputs was expected by config.json, not one of shape [${tensor.shape.join(", ")}]`,
      );
    const values = await tensor.read({ signal: this.signal });
    const own = bias && shared(await this.vector(bias, found));
    const size = { columns: found, inner, bias: own };
    if (!weight.runs) return { ...size, values: shared(values), ...(isInputFirst ? steps(1, whole) : steps(inner, 1)) };
    const { first, length: run, step, count } = weight.runs;
    const taken = sharedFloats(found * inner);
    if (isInputFirst) {
      // The runs are columns of the tensor: one run only, as far as architectures go.
      for (let k = 0; k < inner; k++)
        taken.set(values.subarray(k * whole + first, k * whole + first + found), k * found);
      return { ...size, values: taken, ...steps(1, found) };
    }
    for (let i = 0; i < count; i++) {
      const from = (first + i * step) * inner;
      taken.set(values.subarray(from, from + run * inner), i * run * inner);
    }
    return { ...size, values: taken, ...steps(inner, 1) };
  }

  private async vector({ tensor: name, runs }: Part, length: number): Promise<Float32Array> {
    const tensor = this.model.tensor(name);
    const values = await tensor.read({ signal: this.signal });
    const taken = runs
      ? Float32Array.from({ length: runs.count * runs.length }, (_, i) => {
          return values[runs.first + Math.floor(i / runs.length) * runs.step + (i % runs.length)];
        })
      : values;
    if (taken.length === length) return taken;
    throw new OptionError(
      `${this.model.name}: ${name}: ${length} numbers were expected by config.json, not ${taken.length} (shape [${tensor.shape.join(", ")}])`,
    );
  }
}

const steps = (columnStep: number, innerStep: number) => ({ columnStep, innerStep });

/** An array that threads share. */
export function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

function shared(values: Float32Array): Float32Array {
  const copy = sharedFloats(values.length);
  copy.set(values);
  return copy;
}

/** Cosine and sine of every place and pair (places, pairs, 2). */
function turns({ pairs, frequencies, factor }: Rotary, places: number): Float32Array {
  const table = sharedFloats(places * pairs * 2);
  for (let place = 0; place < places; place++)
    for (let i = 0; i < pairs; i++) {
      // The angle is a float32, as the networks were trained with.
      const angle = Math.fround(place * Math.fround(frequencies[i]));
      table[2 * (place * pairs + i)] = factor * Math.cos(angle);
      table[2 * (place * pairs + i) + 1] = factor * Math.sin(angle);
    }
  return table;
}
