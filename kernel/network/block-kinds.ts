/** What a network's blocks are by their number: a family that slides its attention in every second block, or gives every fourth no rotary positions,
 *  says so with a rule in its code, and not with a list in its config.json. Where blocks are taken out the rule would give the others new kinds,
 *  so that a list has to take its place. Source: configuration_*.py of transformers 5.24. */

type Config = Readonly<Record<string, unknown>>;

/** Settings that make a list of what each block is, by its number. */
interface KindRule {
  /** The key under which the family takes a list. */
  readonly key: string;
  /** The list for so many blocks. */
  kinds(config: Config, blocks: number): unknown;
}

const range = (blocks: number): number[] => Array.from({ length: blocks }, (_, block) => block);
const numberOr = (value: unknown, usual: number): number => (typeof value === "number" ? value : usual);
const attention = (slides: boolean): string => (slides ? "sliding_attention" : "full_attention");

/** Every block but each `every`-th slides. */
const everyNth = (settingOf: (config: Config) => number): KindRule => ({
  key: "layer_types",
  kinds: (config, blocks) => range(blocks).map((block) => attention((block + 1) % settingOf(config) !== 0)),
});

/** Blocks from a number on slide. */
const fromNumber: KindRule = {
  key: "layer_types",
  kinds: (config, blocks) => {
    const slides = config.use_sliding_window === true && typeof config.sliding_window === "number";
    const first = numberOr(config.max_window_layers, 28);
    return range(blocks).map((block) => attention(slides && block >= first));
  },
};

const rules: Readonly<Record<string, KindRule>> = {
  gemma2: everyNth(() => 2),
  gemma3_text: everyNth(({ sliding_window_pattern: every }) => numberOr(every, 6)),
  cohere2: everyNth(({ sliding_window_pattern: every }) => numberOr(every, 4)),
  olmo3: everyNth(() => 4),
  gpt_oss: everyNth(() => 2),
  modernbert: {
    key: "layer_types",
    kinds: ({ global_attn_every_n_layers: every }, blocks) =>
      range(blocks).map((block) => attention(block % numberOr(every, 3) !== 0)),
  },
  qwen2: fromNumber,
  qwen3: fromNumber,
  smollm3: {
    key: "no_rope_layers",
    kinds: ({ no_rope_layer_interval: every }, blocks) =>
      range(blocks).map((block) => Number((block + 1) % numberOr(every, 4) !== 0)),
  },
  gpt_neo: {
    key: "attention_types",
    kinds: ({ attention_types: types }) =>
      Array.isArray(types)
        ? types.flatMap((part: unknown) => {
            const [kinds, times] = Array.isArray(part) ? (part as unknown[]) : [];
            return Array.isArray(kinds)
              ? Array.from({ length: numberOr(times, 0) }, () => kinds as unknown[]).flat()
              : [];
          })
        : [],
  },
};

/** Lists of the numbers of blocks. */
const numberLists =
  /^(mlp_only_layers|moe_layers|cross_attention_layers|.*_layer_(indices|ids|idx)|.*_layers_(indices|ids|idx))$/;

/** What changes in a config.json when blocks are taken out of a network of `blocks`: its lists by block lose those entries, lists of numbers of blocks
 *  get the new ones, and a rule by number becomes a list where it would give another kind to a block that is left. `dropped`: numbers, from 0. */
export function kindsWithout(config: Config, blocks: number, dropped: ReadonlySet<number>): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  const left = range(blocks).filter((block) => !dropped.has(block));
  for (const [key, value] of Object.entries(config)) {
    if (!/layer/.test(key) || !Array.isArray(value)) continue;
    if (numberLists.test(key))
      changes[key] = value
        .filter((block) => !dropped.has(block as number))
        .map((block) => left.indexOf(block as number));
    else if (value.length === blocks) changes[key] = left.map((block) => value[block] as unknown);
  }
  const rule = rules[String(config.model_type)] as KindRule | undefined;
  if (rule === undefined || (Array.isArray(config[rule.key]) && rule.key !== "attention_types")) return changes;
  const kinds = rule.kinds(config, blocks);
  if (!Array.isArray(kinds) || kinds.length !== blocks) return changes;
  const kept = left.map((block) => kinds[block] as unknown);
  const byRule = rule.kinds(config, kept.length);
  if (rule.key === "attention_types") changes[rule.key] = [[kept, 1]];
  else if (JSON.stringify(byRule) !== JSON.stringify(kept)) changes[rule.key] = kept;
  return changes;
}

/** How many blocks llama.cpp counts from one that attends to all, or has no rotary positions, to the next, for architectures whose files hold no
 *  list of them. Source: src/models/*.cpp of llama.cpp (set_swa_pattern, n_no_rope_layer_step). */
const periods: Readonly<Record<string, number>> = {
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  cohere2: 4,
  "gpt-oss": 2,
  exaone4: 4,
  llama4: 4,
  smollm3: 4,
  "modern-bert": 3,
};

/** Whether each block that is left of a network of llama.cpp keeps what it is by its number. `dropped`: numbers, from 0, of `blocks`. */
export function keepsPeriod(architecture: string, blocks: number, dropped: ReadonlySet<number>): boolean {
  const period = periods[architecture] as number | undefined;
  if (period === undefined) return true;
  let before = 0;
  return range(blocks).every((block) => (dropped.has(block) ? ++before > 0 : before % period === 0));
}
