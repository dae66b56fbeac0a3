import { fromArrays, UnsupportedError } from "../../../kernel";
import { networkOf } from "../../../kernel/evaluate/architectures";
import { openNetwork, removeFolders } from "../networks";

afterAll(removeFolders);

describe("networkOf", () => {
  it("reads sizes from config.json", async () => {
    const network = networkOf(await openNetwork("qwen3"));
    expect(network).toMatchObject({ family: "qwen3", vocabulary: 40, width: 16, context: 48 });
    expect(network.blocks.map(({ name }) => name)).toEqual(["model.layers.0", "model.layers.1", "model.layers.2"]);
    expect(network.blocks[0].attention).toMatchObject({ heads: 4, keyHeads: 2, headSize: 10, isCausal: true });
  });

  it("says what is run where a model is of another kind, or tells none", async () => {
    const none = fromArrays({ w: { shape: [1], values: new Float32Array(1) } });
    expect(() => networkOf(none)).toThrow(UnsupportedError);
    expect(() => networkOf(none)).toThrow("there is no config.json that says what network");
    const other = await openNetwork("llama", { model_type: "mamba" });
    expect(() => networkOf(other)).toThrow('networks of kind "mamba" are not run; these are: llama, mistral');
  });

  it("refuses a setting that changes what is computed and is not known", async () => {
    const model = await openNetwork("llama", { attention_multiplier: 2 });
    expect(() => networkOf(model)).toThrow('"attention_multiplier": 2, which may change');
  });

  it("takes what transformers takes for keys that are left out", async () => {
    const windows = async (name: string, config: Record<string, unknown>) =>
      networkOf(await openNetwork(name, config)).blocks.map(({ attention }) => attention.window);
    const slides = { sliding_window: 6, layer_types: undefined };
    expect(await windows("qwen2", { ...slides, use_sliding_window: undefined })).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await windows("qwen2", { ...slides, use_sliding_window: true, max_window_layers: 1 })).toEqual([
      undefined,
      6,
      6,
    ]);
    expect(await windows("mistral with a window", { sliding_window: undefined })).toEqual([4096, 4096, 4096]);
    expect(await windows("mistral with a window", { sliding_window: null })).toEqual([undefined, undefined, undefined]);
    const caps = { attn_logit_softcapping: undefined, final_logit_softcapping: undefined };
    const gemma = networkOf(await openNetwork("gemma2", caps));
    expect([gemma.blocks[0].attention.cap, gemma.head?.cap]).toEqual([50, 30]);
  });

  it("wants an output layer where the embeddings are not it", async () => {
    const tied = await openNetwork("llama, tied, linear positions, biases", { tie_word_embeddings: false });
    expect(networkOf(tied).head?.linear.weight.tensor).toBe("lm_head.weight");
    expect(() => tied.tensor("lm_head.weight")).toThrow("has no tensor");
  });

  it("refuses tensors of a block that the network would leave out", async () => {
    const model = await openNetwork("qwen3", { model_type: "llama" });
    expect(() => networkOf(model)).toThrow("model.layers.0.self_attn.k_norm.weight has no place in the llama network");
  });
});
