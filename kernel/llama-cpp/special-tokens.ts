/** The numbers of the special tokens as GGUF states them, from tokenizer_config.json and config.json. */
import type { GgufMetadataInput } from "../formats/gguf/values";
import { textOf } from "./ends";
import type { Settings, Tokens } from "./tokenizer-json";

/** GGUF's key of each special token, its name in tokenizer_config.json, and the names that stand in for it. */
const roles: readonly (readonly [string, string, readonly string[]])[] = [
  ["tokenizer.ggml.bos_token_id", "bos_token", ["cls_token"]],
  ["tokenizer.ggml.eos_token_id", "eos_token", ["sep_token"]],
  ["tokenizer.ggml.unknown_token_id", "unk_token", []],
  ["tokenizer.ggml.seperator_token_id", "sep_token", []],
  ["tokenizer.ggml.padding_token_id", "pad_token", []],
  ["tokenizer.ggml.mask_token_id", "mask_token", []],
];

/** The numbers of the special tokens: those of the texts in tokenizer_config.json, else those that config.json says. */
export function specialIds({ texts }: Tokens, settings: Settings, config: Settings): GgufMetadataInput {
  const idOf = (role: string): number | undefined => {
    const text = textOf(settings[role]);
    const id = text === undefined ? -1 : texts.indexOf(text);
    if (id >= 0) return id;
    const given = config[`${role}_id`];
    const [first] = Array.isArray(given) ? (given as unknown[]) : [given];
    return typeof first === "number" && first >= 0 && first < texts.length ? first : undefined;
  };
  return Object.fromEntries(
    roles.flatMap(([key, role, others]) => {
      const id = [role, ...others].map(idOf).find((one) => one !== undefined);
      return id === undefined ? [] : [[key, id]];
    }),
  );
}
