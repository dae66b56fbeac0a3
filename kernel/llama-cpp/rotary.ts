/** Rotary positions of a Hugging Face config.json as llama.cpp computes them: keys of GGUF, or divisors of the frequencies.
 *
 *  Sources: transformers 5.24, modeling_rope_utils.py; gguf-py 0.19.0, gguf/constants.py; YaRN: Peng et al. 2023, arXiv 2309.00071. */
import { OptionError, UnsupportedError } from "../errors";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";

type Settings = Readonly<Record<string, unknown>>;

/** Rotary positions as GGUF states them. */
export interface Rotary {
  /** θ: pair i of a head's d entries turns by position / θ^(2i/d). */
  readonly base: number;
  /** The keys `ARCHITECTURE.rope.scaling.…`, without what stands before the last dots. */
  readonly scaling: GgufMetadataInput;
  /** The divisors of the frequencies, size / 2 of them, one for each pair of a head of `size` entries. */
  readonly divisors?: (size: number) => Float32Array;
}

/** The rotary positions of a config: plain ones; "linear", which divides all frequencies by `factor`; "yarn" and Llama 3.1's "llama3", which
 *  divide the low ones, by two rules. `UnsupportedError` for other kinds, and for settings that llama.cpp computes otherwise. */
export function rotaryOf(architecture: string, config: Settings): Rotary {
  const scaling = ((config.rope_scaling ?? undefined) as Settings | undefined) ?? {};
  const parameters: Settings = { ...scaling, ...((config.rope_parameters ?? {}) as Settings) };
  const kind = parameters.rope_type ?? parameters.type ?? "default";
  const given = parameters.rope_theta ?? config.rope_theta;
  const base = typeof given === "number" ? positive({ rope_theta: given }, "rope_theta") : 10_000;
  const share = parameters.partial_rotary_factor ?? config.partial_rotary_factor ?? 1;
  if (share !== 1) throw unwritten(`that turn ${JSON.stringify(share)} of each head only`);
  switch (kind) {
    case "default":
      return { base, scaling: {} };
    case "linear":
      return { base, scaling: { type: "linear", factor: float(positive(parameters, "factor")) } };
    case "yarn":
      return { base, scaling: yarn(parameters, config) };
    case "llama3":
      if (architecture !== "llama") throw unwritten(`of kind "llama3" in a ${architecture} network`);
      return { base, scaling: {}, divisors: llama3(parameters, base) };
    default:
      throw unwritten(`of kind ${JSON.stringify(kind)}`);
  }
}

/** The tensor of the divisors, `rope_freqs.weight`, where there are any. */
export function rotaryTensor({ divisors }: Rotary, headSize: number): SavedTensor | undefined {
  if (!divisors) return undefined;
  const values = divisors(headSize);
  return {
    ...{ name: "rope_freqs.weight", shape: [values.length], dtype: "F32", sizeBytes: values.byteLength },
    read: () => Promise.resolve(values),
    readBytes: () => Promise.resolve(new Uint8Array(values.buffer)),
  };
}

function yarn(parameters: Settings, config: Settings): GgufMetadataInput {
  const key = "original_max_position_embeddings";
  const context = positive({ [key]: parameters[key] ?? config[key] ?? config.max_position_embeddings }, key);
  const factor = positive(parameters, "factor");
  const { truncate = true, beta_fast: fast, beta_slow: slow } = parameters;
  // llama.cpp rounds the bounds of the range outwards; keys with other bounds did not change what it computed for Llama.
  if (truncate === false || (fast ?? 32) !== 32 || (slow ?? 1) !== 1)
    throw unwritten('of kind "yarn" with "truncate": false, or another beta_fast than 32 and beta_slow than 1,');
  // The factor by which query and key are multiplied: √(1/t) in the paper.
  const usual = (scale: number): number => (factor > 1 ? 0.1 * scale * Math.log(factor) + 1 : 1);
  const [over, under] = [parameters.mscale, parameters.mscale_all_dim];
  const both = typeof over === "number" && typeof under === "number" && over !== 0 && under !== 0;
  const inferred = both ? usual(over) / usual(under) : usual(1);
  const length = typeof parameters.attention_factor === "number" ? parameters.attention_factor : inferred;
  return {
    ...{ type: "yarn", factor: float(factor), original_context_length: context },
    // llama.cpp multiplies by the usual factor itself, so the key holds what is left.
    ...(length === usual(1) ? {} : { attn_factor: float(length / usual(1)) }),
  };
}

/** Divides low frequencies, whose wavelengths exceed the context of the first training / low_freq_factor, by `factor`, high ones, with
 *  wavelengths under that context / high_freq_factor, by 1, and those between by a number between. */
function llama3(parameters: Settings, base: number): (size: number) => Float32Array {
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
  return (size) => Float32Array.from({ length: size / 2 }, (_, i) => divisorOf(2 * Math.PI * base ** ((2 * i) / size)));
}

function positive(settings: Settings, key: string): number {
  const found = settings[key];
  if (typeof found === "number" && found > 0 && Number.isFinite(found)) return found;
  throw new OptionError(`saveGguf(): the rotary positions in config.json have no ${key} above 0, which GGUF states`);
}

function float(value: number): GgufValue {
  return new GgufValue("float32", value);
}

function unwritten(which: string): UnsupportedError {
  return new UnsupportedError(
    `saveGguf(): rotary positions ${which} are not written; plain, linear and yarn ones are, and Llama's llama3`,
  );
}
