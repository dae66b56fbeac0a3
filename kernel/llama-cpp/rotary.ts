/** Rotary positions of a Hugging Face config.json as llama.cpp computes them: keys of GGUF, or divisors of the frequencies.
 *
 *  Sources: transformers 5.24, modeling_rope_utils.py; gguf-py 0.19.0, gguf/constants.py; YaRN: Peng et al. 2023, arXiv 2309.00071. */
import { OptionError, UnsupportedError } from "../errors";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";
import { float, headSizeOf, type Settings } from "./settings";

/** Rotary positions as GGUF states them. */
export interface Rotary {
  /** θ: pair i of a head's d entries turns by position / θ^(2i/d). */
  readonly base: number;
  /** The part of each head that turns, its first entries; the others stay. */
  readonly share: number;
  /** The keys `ARCHITECTURE.rope.scaling.…`, without what stands before the last dots. */
  readonly scaling: GgufMetadataInput;
  /** The divisors of the frequencies by the names of their tensors, size / 2 of them, one for each pair of `size` entries that turn. */
  readonly divisors?: (size: number) => Readonly<Record<string, Float32Array>>;
  /** What llama.cpp does otherwise under some circumstances. */
  readonly notes?: readonly string[];
}

/** What a family of networks has where config.json says nothing, and what llama.cpp computes of it. */
export interface RotaryFamily {
  /** θ, usually 10,000. */
  readonly base?: number;
  /** The part of each head that turns. Without it llama.cpp turns whole heads only. */
  readonly share?: number;
  /** The kinds that llama.cpp computes for it, beside plain ones; usually "linear" and "yarn". */
  readonly kinds?: readonly string[];
  /** Whether YaRN's bounds are written though the network does not round them as llama.cpp does; it is told then. */
  readonly hasFreeBounds?: boolean;
}

/** Keys inside of rope_parameters and rope_scaling; another may change the frequencies. */
const known = new Set(
  "rope_type type rope_theta factor original_max_position_embeddings attention_factor beta_fast beta_slow truncate mscale mscale_all_dim low_freq_factor high_freq_factor short_factor long_factor partial_rotary_factor".split(
    " ",
  ),
);

/** The rotary positions of a config: plain ones; "linear", which divides all frequencies by `factor`; "yarn" and Llama 3.1's "llama3", which
 *  divide the low ones, by two rules; Phi-3's "longrope", which divides them by one list in texts of the first training's length, by another in
 *  longer ones (llama.cpp chooses by the size of its context). `UnsupportedError` for other kinds, and for settings that llama.cpp computes
 *  otherwise. */
export function rotaryOf(architecture: string, config: Settings, family: RotaryFamily = {}): Rotary {
  const scaling = ((config.rope_scaling ?? undefined) as Settings | undefined) ?? {};
  const parameters: Settings = { ...scaling, ...((config.rope_parameters ?? {}) as Settings) };
  const odd = Object.keys(parameters).find((key) => parameters[key] !== null && !known.has(key));
  if (odd !== undefined) throw unwritten(`with ${JSON.stringify(odd)}: ${JSON.stringify(parameters[odd])}`);
  const kinds = family.kinds ?? ["linear", "yarn"];
  const told = parameters.rope_type ?? parameters.type ?? "default";
  const kind = kinds.includes("longrope") && (told === "su" || told === "yarn") ? "longrope" : told;
  const given = parameters.rope_theta ?? config.rope_theta ?? config.rotary_emb_base;
  const base = typeof given === "number" ? positive({ rope_theta: given }, "rope_theta") : (family.base ?? 10_000);
  const part = parameters.partial_rotary_factor ?? config.partial_rotary_factor ?? config.rotary_pct;
  const share = part ?? family.share ?? 1;
  if (typeof share !== "number" || share <= 0 || share > 1 || (share !== 1 && family.share === undefined))
    throw unwritten(`that turn ${JSON.stringify(share)} of each head only`);
  if (kind === "default") return { base, share, scaling: {} };
  if (kind === "llama3" && !kinds.includes(kind)) throw unwritten(`of kind "llama3" in a ${architecture} network`);
  if (typeof kind !== "string" || !kinds.includes(kind)) throw unwritten(`of kind ${JSON.stringify(told)}`);
  switch (kind) {
    case "linear":
      return { base, share, scaling: { type: "linear", factor: float(positive(parameters, "factor")) } };
    case "yarn":
      return {
        base,
        share,
        ...yarn(parameters, config, { base, share, ...(family.hasFreeBounds && { isFree: true }) }),
      };
    case "longrope":
      return { base, share, ...longRope(parameters, config) };
    default:
      return { base, share, scaling: {}, divisors: llama3(parameters, base) };
  }
}

/** The tensors of the divisors, such as `rope_freqs.weight`, where there are any. `size`: the entries of a head that turn. */
export function rotaryTensors({ divisors }: Rotary, size: number): SavedTensor[] {
  return Object.entries(divisors?.(size) ?? {}).map(([name, values]) => ({
    ...{ name, shape: [values.length], dtype: "F32", sizeBytes: values.byteLength },
    read: () => Promise.resolve(values),
    readBytes: () => Promise.resolve(new Uint8Array(values.buffer)),
  }));
}

/** The context of the first training. */
function firstContext(parameters: Settings, config: Settings): number {
  const key = "original_max_position_embeddings";
  return positive({ [key]: config[key] ?? parameters[key] ?? config.max_position_embeddings }, key);
}

/** √(1 + ln f / ln c): by how much query and key grow in a context f times the c of the first training, where config.json does not say. */
function longRope(parameters: Settings, config: Settings): Required<Omit<Rotary, "base" | "share">> {
  const context = firstContext(parameters, config);
  const whole = positive(config, "max_position_embeddings");
  const factor = typeof parameters.factor === "number" ? positive(parameters, "factor") : whole / context;
  const usual = factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(context)) : 1;
  const length = typeof parameters.attention_factor === "number" ? parameters.attention_factor : usual;
  const list = (key: string, size: number): Float32Array => {
    const values = parameters[key];
    const isList = Array.isArray(values) && values.every((value) => typeof value === "number" && value > 0);
    if (isList && values.length === size / 2) return Float32Array.from(values as number[]);
    throw new OptionError(
      `saveGguf(): the rotary positions in config.json have no ${key} of ${size / 2} numbers above 0, which GGUF states`,
    );
  };
  return {
    scaling: { type: "longrope", original_context_length: context, attn_factor: float(length) },
    divisors: (size) => ({
      "rope_factors_long.weight": list("long_factor", size),
      "rope_factors_short.weight": list("short_factor", size),
    }),
    notes: [
      `rotary positions for more than ${context} tokens: llama.cpp takes them where its context is larger, whatever the text's length, and transformers where the text is longer`,
    ],
  };
}

function yarn(
  parameters: Settings,
  config: Settings,
  { base, share, isFree = false }: { readonly base: number; readonly share: number; readonly isFree?: boolean },
): Pick<Rotary, "scaling" | "notes"> {
  const context = firstContext(parameters, config);
  const factor = positive(parameters, "factor");
  const { truncate = true, beta_fast: fast, beta_slow: slow } = parameters;
  // Keys with other bounds did not change what llama.cpp computed for Llama.
  if ((fast ?? 32) !== 32 || (slow ?? 1) !== 1)
    throw unwritten(
      'of kind "yarn" with another beta_fast than 32 or beta_slow than 1, which llama.cpp takes for these,',
    );
  if (truncate !== true && (truncate !== false || !isFree))
    throw unwritten(`of kind "yarn" with "truncate": ${JSON.stringify(truncate)}, which llama.cpp takes for true,`);
  // The factor by which query and key are multiplied: √(1/t) in the paper.
  const usual = (scale: number): number => (factor > 1 ? 0.1 * scale * Math.log(factor) + 1 : 1);
  const [over, under] = [parameters.mscale, parameters.mscale_all_dim];
  const both = typeof over === "number" && typeof under === "number" && over !== 0 && under !== 0;
  const inferred = both ? usual(over) / usual(under) : usual(1);
  const length = typeof parameters.attention_factor === "number" ? parameters.attention_factor : inferred;
  return {
    scaling: {
      ...{ type: "yarn", factor: float(factor), original_context_length: context },
      // llama.cpp multiplies by the usual factor itself, so the key holds what is left.
      ...(length === usual(1) ? {} : { attn_factor: float(length / usual(1)) }),
    },
    ...(!truncate && { notes: roundedNotes(Math.floor(headSizeOf(config) * share), base, context, factor) }),
  };
}

/** Of YaRN whose bounds config.json does not round ("truncate": false, gpt-oss): llama.cpp rounds them outwards, as GGUF files of that network
 *  that others made are computed too. A frequency is f·(1 − r) + f/factor·r, and r goes from 0 to 1 between pair c(32) and pair c(1) of a head,
 *  where c(n) = size·ln(context / 2πn) / 2 ln base. Says by how much frequencies differ at most; nothing where both bounds are whole. */
function roundedNotes(size: number, base: number, context: number, factor: number): string[] {
  const pair = (turns: number): number => (size * Math.log(context / (2 * Math.PI * turns))) / (2 * Math.log(base));
  const bounds = [pair(32), pair(1)];
  const ranges = [bounds, [Math.floor(bounds[0]), Math.ceil(bounds[1])]].map(([low, high]) => {
    const [first, last] = [Math.max(low, 0), Math.min(high, size - 1)];
    return (i: number) => Math.min(1, Math.max(0, (i - first) / Math.max(0.001, last - first)));
  });
  const [own, rounded] = ranges.map((ramp) =>
    Array.from({ length: size / 2 }, (_, i) => 1 - ramp(i) + ramp(i) / factor),
  );
  const most = own.reduce((largest, value, i) => Math.max(largest, Math.abs(rounded[i] / value - 1)), 0);
  if (most === 0) return [];
  const [low, high] = bounds.map((bound) => bound.toFixed(2));
  return [
    `YaRN goes over from pair ${low} to pair ${high} of each head ("truncate": false); llama.cpp rounds both outwards, so that its frequencies differ by up to ${(100 * most).toFixed(1)} %`,
  ];
}

/** Divides low frequencies, whose wavelengths exceed the context of the first training / low_freq_factor, by `factor`, high ones, with
 *  wavelengths under that context / high_freq_factor, by 1, and those between by a number between. */
function llama3(parameters: Settings, base: number): NonNullable<Rotary["divisors"]> {
  const factor = positive(parameters, "factor");
  const low = positive(parameters, "low_freq_factor");
  const high = positive(parameters, "high_freq_factor");
  const context = positive(parameters, "original_max_position_embeddings");
  const divisorOf = (wavelength: number): number => {
    if (wavelength < context / high) return 1;
    if (wavelength > context / low) return factor;
    const smooth = (context / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  };
  return (size) => ({
    "rope_freqs.weight": Float32Array.from({ length: size / 2 }, (_, i) =>
      divisorOf(2 * Math.PI * base ** ((2 * i) / size)),
    ),
  });
}

function positive(settings: Settings, key: string): number {
  const found = settings[key];
  if (typeof found === "number" && found > 0 && Number.isFinite(found)) return found;
  throw new OptionError(`saveGguf(): the rotary positions in config.json have no ${key} above 0, which GGUF states`);
}

function unwritten(which: string): UnsupportedError {
  return new UnsupportedError(
    `saveGguf(): rotary positions ${which} are not written; plain, linear and yarn ones are, Llama's llama3 and Phi-3's longrope`,
  );
}
