/** Which layer breaks: one block, or one layer, is compressed at a time, all others stay, and the divergence of the whole model's probabilities is
 *  measured. What comes before the block is computed once: its states are kept. */
import { OptionError } from "../errors";
import type { Progress } from "../host";
import { checkOptionNames, checkWords, describe } from "../options";
import { compress } from "../recipe/compress";
import type { CompressedModel } from "../recipe/compressed-model";
import type { Recipe } from "../recipe/recipe";
import type { Displayed } from "../static/display";
import type { Model } from "../tensor/model";
import { ProgressMeter } from "../threads/progress";
import { comparedRows, headsOf, spreadOf } from "./divergence";
import { apart } from "./drift";
import { shownSensitivity } from "./forms";
import { Pass, throughBlock, type States } from "./forward";
import { evaluateOptionNames, prepare, scoredRows, type EvaluateOptions, type Prepared } from "./perplexity";
import { rankCorrelation } from "./ranks";
import type { DivergenceSpread, Mean, SchemeSensitivity, Sensitivity, UnitLoss } from "./results";
import { sharedFloats } from "./wasm/load";
import { Loader } from "./wasm/load";
import type { LoadedHead } from "./wasm/loaded";
import type { Block, Linear, Network, Part } from "./architectures/network";

/** Options of `sensitivity`. */
export interface SensitivityOptions extends EvaluateOptions {
  /** Recipes by a name of your own. */
  readonly schemes: Readonly<Record<string, Recipe>>;
  /** The text that is measured on. */
  readonly text: string;
  /** What is compressed at a time: a whole block (the usual one), or each matrix of it. */
  readonly unit?: "block" | "layer";
}

/** Bytes of states that are kept. */
const mostStates = 2 ** 31;

/** One unit's place in the network. */
interface Unit {
  readonly name: string;
  readonly block: number;
  readonly tensors: readonly string[];
}

/** Divergence of the model with one block (or matrix) compressed at a time, by every scheme, and with all of them; how both kinds of cheap error
 *  rank the units beside it. Blocks behind the compressed one are run again: n blocks take about n²/2 of their runs a scheme. Memory: the states
 *  before every block, which may take 2 GiB at most. Errors are those of `perplexity` and `compress`. */
export async function sensitivity(model: Model, options: SensitivityOptions): Promise<Sensitivity & Displayed> {
  checkOptionNames("sensitivity", options, [...evaluateOptionNames, "schemes", "text", "unit"]);
  const { schemes, text, unit: kind = "block", ...rest } = options;
  if (typeof schemes !== "object" || schemes === null || Object.keys(schemes).length === 0)
    throw new OptionError(
      `sensitivity(): schemes are ${describe(schemes)}; they are recipes by name, such as { "4 bits": linear({ bits: 4, group: 64 }) }`,
    );
  checkWords("sensitivity", "unit", kind);
  if (kind !== "block" && kind !== "layer")
    throw new OptionError(`sensitivity(): unit is ${describe(kind)}; there are "block" and "layer"`);
  const prepared = await prepare(model, text, rest, "sensitivity");
  return shownSensitivity(await new Sweep(model, prepared, rest.onProgress).run(schemes, kind));
}

/** One call's work. */
class Sweep {
  private readonly before: Float32Array[] = [];

  constructor(
    private readonly model: Model,
    private readonly prepared: Prepared,
    private readonly onProgress: ((progress: Progress) => void) | undefined,
  ) {}

  async run(schemes: Readonly<Record<string, Recipe>>, kind: "block" | "layer"): Promise<Sensitivity> {
    const { runner, windows, engine, protocol, text } = this.prepared;
    const sequences = windows.map(({ tokens }) => tokens);
    const pass = await Pass.begin(this.model, sequences, { runner, onProgress: () => undefined });
    const { network } = pass;
    const bytes = 4 * pass.values.length * network.blocks.length;
    if (bytes > mostStates)
      throw new OptionError(
        `sensitivity(): the states before ${network.blocks.length} blocks take ${Math.round(bytes / 2 ** 20)} MiB, of ${mostStates / 2 ** 20} at most; take fewer windows (windows: ${Math.max(1, Math.floor((windows.length * mostStates) / bytes))})`,
      );
    while (pass.isUnfinished) {
      this.before.push(copyOf(pass.values));
      await pass.advance();
    }
    const units = unitsOf(network, kind);
    const names = Object.keys(schemes);
    const meter = new ProgressMeter("measuring", names.length * (units.length + 1), this.onProgress, "steps");
    const head = (await headsOf(this.model, this.model, network, network, runner)).reference;
    const losses = units.map(() => ({}) as Record<string, UnitLoss>);
    const found: Record<string, SchemeSensitivity> = {};
    for (const name of names) {
      const small = await compress(this.model, schemes[name], { signal: runner.signal, onProgress: () => undefined });
      const changed = changedTensors(small);
      for (const [at, unit] of units.entries()) {
        meter.begin(`${name}: ${unit.name}`);
        if (unit.tensors.some((tensor) => changed.has(tensor)))
          losses[at][name] = await this.loss(small, unit, pass, head, changed);
        meter.advance(1, unit.name);
      }
      const everything = new Set(units.flatMap(({ tensors }) => tensors));
      const all = await this.divergenceFrom(small, 0, everything, pass, head);
      meter.advance(1, name);
      found[name] = summary(
        units.flatMap((_, at) => losses[at][name] ?? []),
        all,
      );
    }
    return {
      units: units.map(({ name, tensors }, at) => ({
        ...{ name, tensors, losses: losses[at] },
        parameters: tensors.reduce((sum, tensor) => sum + this.model.tensor(tensor).parameters, 0),
      })),
      schemes: found,
      unit: kind,
      scored: scoredRows(windows).rows.length,
      windows: windows.length,
      ...{ protocol, engine, model: this.model.name, textSha256: text.sha256 },
    };
  }

  private async loss(
    small: CompressedModel,
    { block, tensors }: Unit,
    reference: States,
    head: LoadedHead,
    changed: ReadonlyMap<string, number>,
  ): Promise<UnitLoss> {
    const exchanged = new Set(tensors);
    let output = 0;
    const divergence = await this.divergenceFrom(small, block, exchanged, reference, head, (values) => {
      const behind = this.before[block + 1] ?? reference.values;
      const { sqnrDb } = apart("", values, behind, reference.network.width);
      output = sqnrDb === null ? 0 : 10 ** (-sqnrDb / 10);
    });
    let [error, parameters] = [0, 0];
    for (const name of tensors) {
      const own = this.model.tensor(name).parameters;
      error += own * (changed.get(name) ?? 0);
      parameters += own;
    }
    return { divergence, weightError: error / parameters, outputError: output };
  }

  /** KL of the model with some tensors exchanged, of which the first lie in `block`. */
  private async divergenceFrom(
    small: Model,
    block: number,
    exchanged: ReadonlySet<string>,
    reference: States,
    head: LoadedHead,
    onBlock?: (values: Float32Array) => void,
  ): Promise<DivergenceSpread> {
    const { runner, windows } = this.prepared;
    const { network, sequences } = reference;
    const mixed = exchangedModel(this.model, small, exchanged);
    const loader = new Loader(mixed, network, runner.signal);
    const values = copyOf(this.before[block]);
    const longest = windows.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
    for (const [at, one] of network.blocks.entries()) {
      if (at < block) continue;
      await throughBlock(await loader.block(one, longest), { values, sequences }, runner);
      if (at === block) onBlock?.(values);
    }
    const { rows, targets, counts } = scoredRows(windows);
    const all = await comparedRows(
      { head, referenceHead: head, values, referenceValues: reference.values },
      rows,
      targets,
      runner,
    );
    return spreadOf(all.forward, counts);
  }
}

function summary(losses: readonly UnitLoss[], all: DivergenceSpread): SchemeSensitivity {
  const kl = losses.map(({ divergence }: { divergence: Mean }) => divergence.mean);
  const sum = kl.reduce((total, one) => total + one, 0);
  return {
    all,
    sumOfUnits: sum,
    additivity: sum === 0 ? 1 : all.mean / sum,
    weightErrorRank: rankCorrelation(
      losses.map(({ weightError }) => weightError),
      kl,
    ),
    outputErrorRank: rankCorrelation(
      losses.map(({ outputError }) => outputError),
      kl,
    ),
  };
}

/** t² of the layers that a recipe changed. */
function changedTensors(small: CompressedModel): Map<string, number> {
  return new Map(
    small.report.layers.flatMap(({ name, variants: [variant] }) =>
      variant ? [[name, variant.relativeError ?? 0] as const] : [],
    ),
  );
}

/** A model with the tensors of that name from another. */
function exchangedModel(model: Model, other: Model, names: ReadonlySet<string>): Model {
  const mixed = Object.create(model) as Model;
  return Object.defineProperty(mixed, "tensor", {
    value: (name: string) => (names.has(name) ? other : model).tensor(name),
  });
}

function unitsOf({ blocks }: Network, kind: "block" | "layer"): Unit[] {
  return blocks.flatMap((block, at): Unit[] => {
    const tensors = tensorsOf(block);
    if (kind === "block") return [{ name: block.name, block: at, tensors }];
    return tensors.map((tensor) => ({ name: tensor, block: at, tensors: [tensor] }));
  });
}

/** The matrices of a block, each once. */
function tensorsOf({ attention, feedForward }: Block): string[] {
  const linears: (Linear | undefined)[] = [
    ...[attention.query, attention.key, attention.value, attention.out],
    ...[feedForward.gate, feedForward.up, feedForward.down],
  ];
  return [...new Set(linears.flatMap((linear) => (linear ? [linear.weight] : [])).map((part: Part) => part.tensor))];
}

function copyOf(values: Float32Array): Float32Array {
  const copy = sharedFloats(values.length);
  copy.set(values);
  return copy;
}
