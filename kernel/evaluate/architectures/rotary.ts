/** How fast each pair of a head turns, from a config.json. Source: transformers 5.24, modeling_rope_utils.py; YaRN: Peng et al. 2023,
 *  arXiv 2309.00071. */
import { UnsupportedError } from "../../errors";
import type { Rotary } from "./network";
import { Settings } from "./settings";

const { PI } = Math;

/** What a family has where config.json says nothing. */
export interface RotaryDefaults {
  /** θ, 10,000 unless told. */
  readonly base?: number;
  /** The part of each head that turns, 1 unless told. */
  readonly share?: number;
  /** The kind of block whose positions are asked for, where config.json tells them apart. */
  readonly blocks?: "full_attention" | "sliding_attention";
}

/** The rotary positions of heads of `headSize`. Kinds: "default", "linear" and "llama3"; `UnsupportedError` for others. */
export function rotaryOf(
  settings: Settings,
  headSize: number,
  { base = 10_000, share = 1, blocks = "full_attention" }: RotaryDefaults = {},
): Rotary {
  const all = { ...parametersIn(settings, "rope_scaling"), ...parametersIn(settings, "rope_parameters") };
  const own = all[blocks];
  const stated = typeof own === "object" && own !== null ? (own as Record<string, unknown>) : all;
  const inner = new Settings(settings.family, {
    ...Object.fromEntries(
      ["rope_theta", "partial_rotary_factor"].flatMap((key) => {
        const value = settings.value(key);
        return value === undefined ? [] : [[key, value]];
      }),
    ),
    ...stated,
  });
  const kind = inner.value("rope_type") ?? inner.value("type") ?? "default";
  inner.known("type");
  const theta = inner.positive("rope_theta", base);
  const turned = Math.floor(headSize * inner.positive("partial_rotary_factor", share));
  if (turned % 2 !== 0)
    throw new UnsupportedError(
      `running ${settings.family}: ${turned} entries of each head turn, which is no even number`,
    );
  const plain = plainRotary(turned, theta);
  const frequencies = scaled(kind, inner, plain.frequencies, settings.family);
  inner.finish();
  return { ...plain, frequencies };
}

/** Pair i of `turned` entries turns by 1 / base^(2i / turned) radians a place. */
export function plainRotary(turned: number, base: number): Rotary {
  const pairs = turned / 2;
  const frequencies = Array.from({ length: pairs }, (_, i) => 1 / base ** ((2 * i) / turned));
  return { pairs, frequencies, isInterleaved: false, factor: 1 };
}

function parametersIn(settings: Settings, key: string): Readonly<Record<string, unknown>> {
  const value = settings.value(key);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function scaled(kind: unknown, settings: Settings, plain: readonly number[], family: string): readonly number[] {
  switch (kind) {
    case "default":
      settings.known("factor", "original_max_position_embeddings");
      return plain;
    case "linear": {
      const factor = settings.positive("factor");
      return plain.map((frequency) => frequency / factor);
    }
    case "llama3":
      return llama3(settings, plain);
    default:
      throw new UnsupportedError(
        `running ${family}: rotary positions of kind ${JSON.stringify(kind)} are not run; "default", "linear" and "llama3" are`,
      );
  }
}

/** Llama 3.1: waves that are longer than the first context over `low_freq_factor` turn `factor` times slower, those that are shorter than it over
 *  `high_freq_factor` as before, those between them in proportion. */
function llama3(settings: Settings, plain: readonly number[]): readonly number[] {
  const factor = settings.positive("factor");
  const low = settings.positive("low_freq_factor");
  const high = settings.positive("high_freq_factor");
  const context = settings.count("original_max_position_embeddings");
  return plain.map((frequency) => {
    const wave = (2 * PI) / frequency;
    if (wave > context / low) return frequency / factor;
    if (wave < context / high) return frequency;
    const smooth = (context / wave - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}
