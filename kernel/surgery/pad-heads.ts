/** Attention heads as transformers can have them. In most families the size of a head is a setting of its own (`head_dim`), and fewer heads are
 *  no matter; in BERT's and GPT-2's it is the width of the network over the number of heads, and a network with fewer heads of the old size
 *  cannot be written down. Heads of zeros fill such a network up: their output columns are zero, so they add nothing, whatever they attend
 *  to. The answers are those of the smaller network, its size is not. Source: modeling_*.py of transformers 5.24. */
import { OptionError } from "../errors";
import { axesOf, wiring, type ChannelGroup, type ChannelSection } from "../network";
import { configKey } from "../network/dimensions";
import type { AxisMap } from "../prune/channels/axis-map";
import type { Tensor } from "../tensor/tensor";
import { CutTensor } from "./cut-tensor";

/** Families whose attention reads `head_dim`. */
const ownHeadSize =
  /^(llama|mistral|ministral|mixtral|qwen2|qwen3|qwen2_moe|qwen3_moe|gemma|gemma2|gemma3_text|phi|phi3|starcoder2|smollm3|olmo|olmo2|granite|cohere|cohere2|glm|glm4|exaone4|nemotron|helium|seed_oss|ernie4_5|arcee|apertus|vit|deit|dinov2)$/;

/** Attention heads of a block: no known network has a hundredth of them. */
const maxHeads = 65_536;

interface Described {
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

const numberAt = (config: Readonly<Record<string, unknown>>, key: string | undefined): number =>
  key === undefined ? NaN : Number(config[key]);

/** The tensors and the config as they are where transformers can open them, else filled up when `pad` says so. `OptionError` where it
 *  does not. */
export function headsForTransformers(model: Described, pad: boolean): Pick<Described, "tensors" | "config"> {
  const { config, tensors } = model;
  const key = configKey(config, "heads");
  const [heads, size, width] = [key, configKey(config, "headSize"), configKey(config, "hidden")].map((one) =>
    numberAt(config, one),
  );
  const whole = width / size;
  if (key === undefined || !(heads * size < width) || !Number.isInteger(whole)) return { config, tensors };
  const family = String(config.model_type);
  const isFree = ownHeadSize.test(family) && !(family === "llama" && width % heads !== 0);
  if (isFree) return { config, tensors };
  if (!pad) {
    const why = ownHeadSize.test(family)
      ? `wants a width (${width}) that is a multiple of the number of heads`
      : `has heads of its width over their number, ${width} / ${heads}, where they have ${size}`;
    throw new OptionError(
      `save(): transformers' ${family} ${why}; { padHeads: true } fills up with heads of zeros (the same answers, the old size), save("small.safetensors") keeps ${heads} heads`,
    );
  }
  if (whole > maxHeads)
    throw new OptionError(
      `save(): config.json states a width of ${width} and heads of ${size}, which are ${whole} heads; ${maxHeads} at most are filled up`,
    );
  const maps = new Map<string, AxisMap[]>();
  const groups = wiring(model).groups.filter(({ kind }) => kind === "heads");
  for (const group of groups)
    for (const { tensor, shape, axis, sections } of axesOf(group)) {
      const members = filled(shape[axis], sections, whole / group.queries - group.size);
      maps.set(tensor, [...(maps.get(tensor) ?? []), { kind: "keep", axis, size: shape[axis], members }]);
    }
  const [queries] = groups.map((group: ChannelGroup) => group.queries);
  // The size of a head is the width over their number again, which no key of such a family says.
  const settings = ownHeadSize.test(family)
    ? config
    : Object.fromEntries(Object.entries(config).filter(([name]) => name !== "head_dim"));
  const shared = configKey(config, "keyValueHeads");
  return {
    tensors: tensors.map((tensor) => {
      const own = maps.get(tensor.name);
      return own ? new CutTensor(tensor, tensor.name, own) : tensor;
    }),
    config: { ...settings, [key]: whole, ...(shared === undefined ? {} : { [shared]: whole / queries }) },
  };
}

/** An axis with `more` channels of zeros behind those of each section; of interleaved sections, behind all of them. */
function filled(size: number, sections: readonly ChannelSection[], more: number): Int32Array {
  const interleaved = sections.some(({ stride, length }) => stride > length);
  const ends = new Map<number, number>();
  const channels = (section: ChannelSection, others: readonly ChannelSection[]) => {
    const next = Math.min(size, ...others.map(({ start }) => start).filter((start) => start > section.start));
    return (next - section.start) / section.stride;
  };
  for (const section of sections) {
    const end = interleaved ? size : section.start + channels(section, sections) * section.stride;
    ends.set(end, (ends.get(end) ?? 0) + more * section.length);
  }
  const members: number[] = [];
  for (let entry = 0; entry <= size; entry++) {
    for (let i = 0; i < (ends.get(entry) ?? 0); i++) members.push(-1);
    if (entry < size) members.push(entry);
  }
  return Int32Array.from(members);
}
