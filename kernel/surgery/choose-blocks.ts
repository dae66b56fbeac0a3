/** Which blocks of a network go. */
import { OptionError, UnsupportedError } from "../errors";
import type { Block, Wiring } from "../network";
import { chosenBlocks, type LayersStep } from "../prune/layers";
import { blockName, placeOf } from "../tensor/layer-names";
import type { Watch } from "./choose-channels";
import { ProgressMeter } from "../threads/progress";
import { tasks, type SquaresJob } from "./tasks";

/** A block, and why it stays; undefined for one that may go. */
export interface BlockChoice {
  readonly block: Block;
  readonly stays: string | undefined;
}

/** Numbers of the blocks that go, ascending. `OptionError` for a block that the step names and that is to stay. */
export async function chooseBlocks(
  wiring: Wiring,
  choices: readonly BlockChoice[],
  step: LayersStep,
  watch: Watch,
  model: string,
): Promise<number[]> {
  const { blocks } = wiring;
  const stacks = [...new Set(blocks.map(({ prefix }) => prefix))];
  if (blocks.length === 0)
    throw new UnsupportedError(
      `layers(): no numbered blocks are found in ${model}, such as "encoder.layer.0.…" or "blk.0.…"`,
    );
  if (stacks.length > 1)
    throw new UnsupportedError(
      `layers(): ${model} has ${stacks.length} stacks of blocks (${stacks.map((prefix) => `"${prefix}…"`).join(", ")}); networks of one stack are cut`,
    );
  const numbers = step.drop ? named(choices, step.drop, model) : await scored(wiring, choices, step, watch);
  if (numbers.length === blocks.length)
    throw new OptionError(`layers(): that drops all ${blocks.length} blocks of ${model}; one stays at least`);
  const gone = blocks.filter(({ index }) => numbers.includes(index)).flatMap(({ tensors }) => tensors);
  // A chain has no skip connections, so a layer can go only where its inputs and outputs have one number.
  const isChain = wiring.groups.every(({ block }) => block === undefined);
  const uneven = gone.find(({ shape }) => isChain && shape.length > 1 && shape[0] !== shape[1]);
  if (uneven)
    throw new UnsupportedError(
      `layers(): without ${uneven.name} (${uneven.shape.join(", ")}) the layers around it do not fit; the wiring of ${model} is not known`,
    );
  const shared = gone.find(({ name }) => /relative_position/.test(placeOf(name).kind));
  if (shared) throw new UnsupportedError(`layers(): ${shared.name} serves all blocks; the block that it lies in stays`);
  if (!isChain) checkKinds(blocks, new Set(numbers), model);
  return numbers;
}

/** An engine builds a block by its number: the first may lack a norm, or have dense weights where the others have experts. A block that takes the
 *  place of another must have the same tensors. */
function checkKinds(blocks: readonly Block[], gone: ReadonlySet<number>, model: string): void {
  const left = blocks.filter(({ index }) => !gone.has(index));
  for (const [at, block] of left.entries()) {
    const [own, there] = [suffixesOf(block), suffixesOf(blocks[at])];
    const odd = [...own, ...there].find((suffix) => !own.has(suffix) || !there.has(suffix));
    if (odd !== undefined)
      throw new UnsupportedError(
        `layers(): block ${block.index} of ${model} would take the place of block ${blocks[at].index}, and only one of the two has "${odd}"; name other blocks with drop`,
      );
  }
}

function suffixesOf({ tensors }: Block): Set<string> {
  return new Set(tensors.map(({ name }) => blockName(name)?.suffix ?? name));
}

function named(choices: readonly BlockChoice[], drop: readonly number[], model: string): number[] {
  for (const number of drop) {
    const found = choices.find(({ block }) => block.index === number);
    if (found === undefined)
      throw new OptionError(
        `layers(): there is no block ${number} in ${model}; it has ${choices[0].block.index} to ${choices[choices.length - 1].block.index}`,
      );
    if (found.stays !== undefined) throw new OptionError(`layers(): block ${number} is to stay: ${found.stays}`);
  }
  return [...drop];
}

async function scored(
  { groups }: Wiring,
  choices: readonly BlockChoice[],
  step: LayersStep,
  watch: Watch,
): Promise<number[]> {
  const candidates = choices.flatMap(({ block, stays }) => (stays === undefined ? [block] : []));
  if (candidates.length === 0)
    throw new OptionError(
      `layers(): all blocks are to stay; of block ${choices[0].block.index} ${choices[0].stays ?? ""}`,
    );
  const scores = new Float64Array(candidates.length);
  if (step.by === "norm") {
    const work = candidates.flatMap((block, at) => {
      const outputs = groups
        .filter((group) => group.block?.index === block.index)
        .flatMap(({ places }) => places.filter(({ role }) => role === "consumer"));
      if (outputs.length === 0)
        throw new UnsupportedError(
          `layers(): the weights by which ${block.name} adds to the network are not known; by: "last" or "every" needs none`,
        );
      return outputs.map(({ tensor }) => ({ tensor, at }));
    });
    const weights = work.reduce((sum, { tensor }) => sum + watch.tensorOf(tensor).parameters, 0);
    const meter = new ProgressMeter("scoring layers", weights, watch.onProgress);
    const squares = await watch.runner.each(work, async ({ tensor }) => {
      meter.begin(tensor);
      const job: SquaresJob = { name: tensor, values: await watch.runner.ownValues(watch.tensorOf(tensor)) };
      const result = await watch.runner.run(tasks, "sumOfSquares", job, [job.values.buffer as ArrayBuffer], tensor);
      meter.advance(watch.tensorOf(tensor).parameters, tensor);
      return result;
    });
    work.forEach(({ at }, i) => (scores[at] += squares[i]));
  }
  return chosenBlocks(candidates.length, step, scores).map((at) => candidates[at].index);
}
