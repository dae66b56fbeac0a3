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
});
