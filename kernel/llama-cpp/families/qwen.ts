/** Qwen2 and Qwen3, and both of experts. */
import { attentionNames, decoder, embeddingNames, gatedNames, headNormNames, normNames } from "../decoder";
import { expertCount, expertNames, expertOf, expertSettings, expertSizes } from "../experts";

const names = [...embeddingNames, ...normNames, ...attentionNames, ...gatedNames];

/** The experts' part of a row. */
const ofExperts = (name: string) =>
  ({
    name,
    window: "flag",
    settings: { read: expertSettings },
    more: (config: Parameters<typeof expertSizes>[1]) => expertSizes(name, config),
    partOf: expertOf,
    partCount: expertCount,
  }) as const;

export const qwen2 = decoder({ name: "qwen2", names, window: "flag" });
export const qwen3 = decoder({
  ...{ name: "qwen3", names: [...names, ...headNormNames], window: "flag", hasFreeHeads: true },
});
export const qwen2Moe = decoder({ ...ofExperts("qwen2moe"), names: [...names, ...expertNames] });
export const qwen3Moe = decoder({
  ...ofExperts("qwen3moe"),
  names: [...names, ...headNormNames, ...expertNames],
  hasFreeHeads: true,
});
