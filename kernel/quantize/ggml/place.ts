/** The facts that llama.cpp's mixtures ask of a tensor and its model, from names and shapes, of GGUF as of Hugging Face files. */
import { placeOf } from "../../tensor/layer-names";
import { roleOf, type NamedShape } from "../../network";
import { isWeightRole } from "../../tensor/role";
import type { GgmlCategory, MixModel, MixTensor } from "./mix";

const categories: Readonly<Record<string, GgmlCategory>> = {
  query: "query",
  key: "key",
  value: "value",
  qkv: "qkv",
  "key.value.b": "kv_b",
  "attention.output": "attention.output",
  gate: "gate",
  up: "up",
  intermediate: "up",
  down: "down",
  output: "down",
};

/** What kind of weight a tensor is to the rules; `undefined` for what llama.cpp never quantizes: norms, biases, positions, token types,
 *  routers, and whatever has one dimension. */
export function categoryOf(tensor: NamedShape): GgmlCategory | undefined {
  const { name, shape } = tensor;
  const { role } = roleOf(tensor);
  if (shape.length < 2 || !(isWeightRole(role) || role === "unknown")) return undefined;
  const { block, kind } = placeOf(name);
  if (block === "embed") return kind.endsWith("word") ? "embedding" : undefined;
  if (block === "head") return kind.endsWith("head") ? "head" : "other";
  if (kind.endsWith("router") || kind === "relative_position") return undefined;
  const plain = kind.replace(/^(experts|shared|cross|expert \d+)\./, "");
  return Object.hasOwn(categories, plain) ? categories[plain] : "other";
}

const isValue = (category: GgmlCategory | undefined): boolean =>
  category === "value" || category === "qkv" || category === "kv_b";

/** Counts of the model, and each tensor's facts by its name. Tensors that are never quantized have none. */
export function mixFacts(
  tensors: readonly NamedShape[],
  importance: boolean,
): { model: MixModel; tensors: ReadonlyMap<string, MixTensor> } {
  const described = tensors.map((tensor) => ({
    ...tensor,
    category: categoryOf(tensor),
    layer: placeOf(tensor.name).blockIndex,
    kind: placeOf(tensor.name).kind,
  }));
  const layers = described.reduce((most, { layer }) => Math.max(most, (layer ?? -1) + 1), 0);
  const rowsOf = (wanted: GgmlCategory) => described.find(({ category }) => category === wanted)?.shape[0];
  const [queries, keys] = [rowsOf("query"), rowsOf("key")];
  const experts = described.reduce((most, { kind, shape }) => {
    const numbered = /^expert (\d+)\./.exec(kind);
    if (numbered) return Math.max(most, Number(numbered[1]) + 1);
    return kind.startsWith("experts.") ? Math.max(most, shape[0]) : most;
  }, 0);
  const model: MixModel = {
    layers,
    values: described.filter(({ category }) => isValue(category)).length,
    queriesPerKey: queries && keys ? Math.floor(queries / keys) : 1,
    experts,
    tied: !described.some(({ category }) => category === "head"),
    importance,
  };
  const counts = new Map<string, number>();
  const facts = new Map<string, MixTensor>();
  // Layer order, whatever the order of the file.
  for (const { name, shape, category, layer, kind } of described.sort((a, b) => (a.layer ?? -1) - (b.layer ?? -1))) {
    if (!category) continue;
    const counter = isValue(category) ? "values" : category;
    const index = counts.get(counter) ?? 0;
    counts.set(counter, index + 1);
    facts.set(name, {
      category,
      columns: shape[shape.length - 1],
      index: experts > 1 && category === "down" ? (layer ?? index) : index,
      // A Hugging Face file has each expert's matrix on its own; in GGUF they become one tensor.
      stacked: (shape.length === 3 && shape[0] > 1) || /^expert \d+\./.test(kind),
    });
  }
  return { model, tensors: facts };
}
