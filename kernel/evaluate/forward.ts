/** Sequences of tokens through a network, block after block: each block's weights are read once for all sequences, and the states between two blocks
 *  are all that memory holds beside them. */
import { OptionError } from "../errors";
import type { Progress } from "../host";
import type { Model } from "../tensor/model";
import { ProgressMeter } from "../threads/progress";
import type { Runner } from "../threads/runner";
import { networkOf } from "./architectures";
import type { Network } from "./architectures/network";
import { Loader, sharedFloats } from "./wasm/load";
import type { LoadedBlock, LoadedHead } from "./wasm/loaded";
import type { InputSquares } from "./wasm/machine";
import { tasks, type Sequence } from "./wasm/tasks";

/** The states of sequences behind a network's last block. */
export interface States {
  readonly network: Network;
  /** (rows, width), shared between threads: sequence after sequence. */
  readonly values: Float32Array;
  readonly sequences: readonly Sequence[];
}

/** How a pass is watched. */
export interface PassOptions {
  readonly runner: Runner;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** One way of sequences through a model, a block at a time. */
export class Pass implements States {
  /** Blocks that are behind. */
  done = 0;

  private constructor(
    readonly network: Network,
    readonly values: Float32Array,
    readonly sequences: readonly Sequence[],
    private readonly loader: Loader,
    private readonly runner: Runner,
    private readonly meter: ProgressMeter,
  ) {}

  /** The sequences before the first block. `OptionError` for a token that the model has not, and a sequence longer than its context. */
  static async begin(model: Model, sequences: readonly Int32Array[], options: PassOptions): Promise<Pass> {
    const { runner, onProgress } = options;
    const network = networkOf(model);
    const loader = new Loader(model, network, runner.signal);
    const longest = longestOf(sequences);
    if (longest > network.context)
      throw new OptionError(
        `${model.name}: windows of ${longest} tokens; the network was made for ${network.context} at most (max_position_embeddings)`,
      );
    let start = 0;
    const places = sequences.map(({ length }): Sequence => {
      start += length;
      return { start: start - length, length };
    });
    const meter = new ProgressMeter("evaluating", start * (network.blocks.length + 1), onProgress, "tokens");
    meter.begin("embedding");
    const values = await embed(model, network, loader, sequences, runner);
    meter.advance(start, "embedding");
    return new Pass(network, values, places, loader, runner, meter);
  }

  /** Whether blocks are left. */
  get isUnfinished(): boolean {
    return this.done < this.network.blocks.length;
  }

  /** Through the next block. With `wantsSquares` as `throughBlock` has it. */
  async advance(wantsSquares = false): Promise<InputSquares[]> {
    const block = this.network.blocks[this.done];
    this.meter.begin(block.name);
    const loaded = await this.loader.block(block, longestOf(this.sequences));
    const told = (tokens: number): void => this.meter.advance(tokens, block.name);
    const squares = await throughBlock(loaded, this, this.runner, told, wantsSquares);
    this.done++;
    return squares;
  }
}

function longestOf(sequences: readonly { readonly length: number }[]): number {
  return sequences.reduce((most, { length }) => Math.max(most, length), 0);
}

/** Sends states through a block that was read, in their place, on all threads. With `wantsSquares`: the sums of squares of what its matrices were
 *  given, of each sequence in order. */
export async function throughBlock(
  block: LoadedBlock,
  { values, sequences }: Pick<States, "values" | "sequences">,
  runner: Runner,
  onDone: (tokens: number) => void = () => undefined,
  wantsSquares = false,
): Promise<InputSquares[]> {
  const found = await runner.each(shares(sequences, runner.workers), async (some) => {
    const job = { block, states: values, sequences: some, wantsSquares };
    const squares = await runner.run(tasks, "advance", job, [], block.name);
    onDone(some.reduce((sum, { length }) => sum + length, 0));
    return squares;
  });
  return found.flat();
}

/** Runs sequences through all blocks of a model. Errors are those of `Pass.begin`. */
export async function statesOf(model: Model, sequences: readonly Int32Array[], options: PassOptions): Promise<States> {
  const pass = await Pass.begin(model, sequences, options);
  while (pass.isUnfinished) await pass.advance();
  return pass;
}

/** The head of a model's network. `OptionError` where it has none. */
export async function headOf(model: Model, network: Network, runner: Runner): Promise<LoadedHead> {
  const head = await new Loader(model, network, runner.signal).head();
  if (head) return head;
  throw new OptionError(`${model.name} is a ${network.family} network, which gives states, no probabilities of tokens`);
}

/** Items in as many runs as there are workers, each about as long. */
export function shares<Item>(items: readonly Item[], workers: number): Item[][] {
  const size = Math.ceil(items.length / workers);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

async function embed(
  model: Model,
  { width, vocabulary, embedding }: Network,
  loader: Loader,
  sequences: readonly Int32Array[],
  runner: Runner,
): Promise<Float32Array> {
  const options = { signal: runner.signal };
  const rows = sequences.reduce((sum, { length }) => sum + length, 0);
  const states = sharedFloats(rows * width);
  const table = await model.tensor(embedding.tokens).read(options);
  if (table.length !== vocabulary * width && table.length % width !== 0)
    throw new OptionError(`${model.name}: ${embedding.tokens} has ${table.length} numbers, no rows of ${width}`);
  const places = embedding.places && (await model.tensor(embedding.places.tensor).read(options));
  const segment = embedding.segment === undefined ? undefined : await model.tensor(embedding.segment).read(options);
  const { factor = 1 } = embedding;
  let at = 0;
  for (const tokens of sequences)
    for (const [place, token] of tokens.entries()) {
      const from = token * width;
      if (token < 0 || from + width > table.length)
        throw new OptionError(
          `${model.name} has no token ${token}; it has ${table.length / width}: the tokenizer is another model's`,
        );
      const placed = places ? (place + (embedding.places?.offset ?? 0)) * width : 0;
      for (let i = 0; i < width; i++) {
        // Sums in float32 in the order of the networks' own code: tokens, segment, places.
        let value = Math.fround(table[from + i] * factor);
        if (segment) value = Math.fround(value + segment[i]);
        if (places) value = Math.fround(value + places[placed + i]);
        states[at++] = value;
      }
    }
  if (embedding.norm)
    await runner.run(
      tasks,
      "normalize",
      { norm: await loader.norm(embedding.norm, width), states, width },
      [],
      embedding.norm.weight,
    );
  return states;
}
