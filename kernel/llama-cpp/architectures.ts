/** The networks that are written as GGUF, by `model_type` of config.json. A new one is a row in a file of `families/`, and a line here. */
import type { Architecture } from "./architecture";
import { bert, roberta } from "./families/bert";
import { falcon, gptNeox } from "./families/blocks";
import { glm4, phi3 } from "./families/fused";
import { gemma, gemma2, gemma3 } from "./families/gemma";
import { gptOss } from "./families/gpt-oss";
import { gpt2 } from "./families/gpt2";
import { granite, llama, mixtral, smolLm3 } from "./families/llama";
import { qwen2, qwen2Moe, qwen3, qwen3Moe } from "./families/qwen";
import { cohere, cohere2, olmo2, stableLm, starCoder2 } from "./families/separate";
import { t5 } from "./families/t5";

export const architectures: Readonly<Record<string, Architecture>> = {
  llama,
  mistral: llama,
  mixtral,
  qwen2,
  qwen2_moe: qwen2Moe,
  qwen3,
  qwen3_moe: qwen3Moe,
  bert,
  gpt2,
  gemma,
  gemma2,
  gemma3_text: gemma3,
  phi3,
  smollm3: smolLm3,
  granite,
  olmo2,
  stablelm: stableLm,
  starcoder2: starCoder2,
  cohere,
  cohere2,
  glm4,
  gpt_neox: gptNeox,
  falcon,
  roberta,
  "xlm-roberta": roberta,
  gpt_oss: gptOss,
  t5,
};
