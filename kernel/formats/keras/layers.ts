/** The layers of a Keras model as its settings list them, and the names that Keras gives their variables. */

/** A layer of the settings. */
export interface Layer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Layers nest as models in models, cells in recurrent layers, layers in wrappers. */
const deepest = 32;

/** A layer's own settings, where `value` is one. */
export function layerOf(value: unknown): (Layer & { readonly name: string | undefined }) | undefined {
  const { class_name: className, config, name: outer } = record(value);
  if (typeof className !== "string") return undefined;
  const { name = outer } = record(config);
  return {
    className: className.replace(/^.*>/, ""),
    config: record(config),
    name: typeof name === "string" ? name : undefined,
  };
}

/** All layers of a topology by name, those inside others too. */
export function layersByName(topology: unknown): ReadonlyMap<string, Layer> {
  const found = new Map<string, Layer>();
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > deepest) return;
    const layer = layerOf(value);
    if (layer?.name !== undefined && !found.has(layer.name)) found.set(layer.name, layer);
    for (const inner of Object.values(value)) walk(inner, depth + 1);
  };
  walk(topology, 0);
  return found;
}

/** A class's name as Keras writes it in paths: "Conv2DTranspose" is "conv2d_transpose". Source: keras.src.utils.naming.to_snake_case. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** The layers of a model by the word that its file has for each: its class, counted. */
export function layersByWord(model: Layer | undefined): ReadonlyMap<string, Layer & { readonly name: string }> {
  const { layers } = model?.config ?? {};
  const found = new Map<string, Layer & { readonly name: string }>();
  const counts = new Map<string, number>();
  for (const value of Array.isArray(layers) ? (layers as unknown[]) : []) {
    const layer = layerOf(value);
    if (!layer) continue;
    const word = snakeCase(layer.className);
    const count = counts.get(word) ?? 0;
    counts.set(word, count + 1);
    const { name } = layer;
    if (name !== undefined) found.set(count === 0 ? word : `${word}_${count}`, { ...layer, name });
  }
  return found;
}

const kernels = ["kernel", "bias"];
const cells = ["kernel", "recurrent_kernel", "bias"];
const separable = ["depthwise_kernel", "pointwise_kernel", "bias"];
const batch = ["gamma", "beta", "moving_mean", "moving_variance"];

/** Variables of a class in the order in which Keras stores them, and how many of the last may be missing. */
const byClass: Readonly<Record<string, readonly [names: readonly string[], optional: number]>> = {
  Dense: [kernels, 1],
  EinsumDense: [kernels, 1],
  ...Object.fromEntries(
    [1, 2, 3].flatMap((rank) => [
      [`Conv${rank}D`, [kernels, 1]],
      [`Conv${rank}DTranspose`, [kernels, 1]],
      [`DepthwiseConv${rank}D`, [kernels, 1]],
      [`SeparableConv${rank}D`, [separable, 1]],
      [`ConvLSTM${rank}DCell`, [cells, 1]],
    ]),
  ),
  LSTMCell: [cells, 1],
  GRUCell: [cells, 1],
  SimpleRNNCell: [cells, 1],
  Embedding: [["embeddings"], 0],
  RMSNormalization: [["scale"], 0],
  Normalization: [["mean", "variance", "count"], 0],
  PReLU: [["alpha"], 0],
  Attention: [["scale", "concat_score_weight"], 1],
  AdditiveAttention: [["scale"], 0],
  SeedGenerator: [["seed_generator_state"], 0],
  BatchNormalization: [batch, 0],
  LayerNormalization: [["gamma", "beta"], 0],
  GroupNormalization: [["gamma", "beta"], 0],
};

/** The classes by the words of paths. */
const classes: ReadonlyMap<string, string> = new Map(
  [
    ...Object.keys(byClass),
    ..."LSTM GRU SimpleRNN ConvLSTM1D ConvLSTM2D ConvLSTM3D MultiHeadAttention GroupedQueryAttention".split(" "),
  ].map((name) => [snakeCase(name), name]),
);

/** The class that a word of a path speaks of: "dense_1" is a Dense. */
export function classOfWord(word: string): string | undefined {
  return classes.get(word) ?? classes.get(word.replace(/_\d+$/, ""));
}

/** The names of `count` variables of a layer, or of its part of that name, in their order; `undefined` where its class does not tell. */
export function variablesOf(
  { className, config }: Layer,
  part: string | undefined,
  count: number,
): readonly string[] | undefined {
  if (part !== undefined && /^_?seed_generator/.test(part)) return known("SeedGenerator", count);
  if (part === "cell" && /^(LSTM|GRU|SimpleRNN|ConvLSTM\dD)$/.test(className)) return known(`LSTMCell`, count);
  if (part !== undefined && /dense$/.test(part) && /^(MultiHead|GroupedQuery)Attention$/.test(className))
    return known("EinsumDense", count);
  if (part !== undefined) return undefined;
  if (/^(Batch|Layer|Group)Normalization$/.test(className)) {
    const own = byClass[className][0].filter(
      (name) => !(name === "gamma" && config.scale === false) && !(name === "beta" && config.center === false),
    );
    if (own.length === count) return own;
    // Without settings, a batch's two variables are those that it always has.
    return className === "BatchNormalization" && count === 2 ? batch.slice(2) : undefined;
  }
  return known(className, count);
}

function known(className: string, count: number): readonly string[] | undefined {
  if (!Object.hasOwn(byClass, className)) return undefined;
  const [names, optional] = byClass[className];
  return count <= names.length && count >= names.length - optional ? names.slice(0, count) : undefined;
}
