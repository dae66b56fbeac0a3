import { compress, linear, type CompressedModel } from "../../kernel";
import type { CompressedTensor } from "../../kernel/layer/layer-tensor";
import {
  hasTiedHead,
  isExpertMatrix,
  moduleOf,
  plainModules,
  tiedModules,
  typeOf,
  whyNotLinear,
} from "../../kernel/save/packable";
import { smallNetwork } from "./small-network";

const more = {
  "lm_head.weight": [7, 64],
  "model.layers.0.mlp.gate.weight": [4, 64],
  "model.layers.0.mlp.experts.0.w1.weight": [8, 64],
} as const;
let small: CompressedModel;
beforeAll(async () => {
  const model = smallNetwork({ model_type: "mixtral", architectures: ["MixtralForCausalLM"] }, more);
  small = await compress(model, linear({ bits: 8 }), { only: "**", workers: 1 });
});
const why = (name: string) => whyNotLinear(small.tensor(name) as CompressedTensor, small);

test("what a layer is says whether engines pack it", () => {
  expect(why("model.layers.0.self_attn.q_proj.weight")).toBeUndefined();
  expect(why("model.embed_tokens.weight")).toContain("an embedding");
  expect(why("lm_head.weight")).toContain("the output layer");
  expect(why("model.layers.0.mlp.gate.weight")).toContain("a router");
  expect(why("model.layers.0.mlp.experts.0.w1.weight")).toBeUndefined();
});

test("one expert's matrix is told from other layers", () => {
  expect(isExpertMatrix(small.tensor("model.layers.0.mlp.experts.0.w1.weight"))).toBe(true);
  expect(isExpertMatrix(small.tensor("model.layers.0.mlp.up_proj.weight"))).toBe(false);
});

test("plain modules are the linear ones, the head and the router, no embedding", () => {
  const packed = (tensor: { name: string }) => tensor.name.includes("layers.1.") || tensor.name.includes("self_attn");
  expect(plainModules(small.tensors, packed)).toEqual([
    "lm_head",
    "model.layers.0.mlp.gate",
    "model.layers.0.mlp.experts.0.w1",
    "model.layers.0.mlp.gate_proj",
    "model.layers.0.mlp.up_proj",
    "model.layers.0.mlp.down_proj",
  ]);
});

test("a head that is tied has no tensor", () => {
  expect([hasTiedHead(small), hasTiedHead(smallNetwork()), hasTiedHead(smallNetwork({}))]).toEqual([
    false,
    true,
    false,
  ]);
});

test.each([
  [["cls.predictions.bias", "cls.predictions.transform.dense.bias"], "bert", ["cls.predictions.decoder"]],
  [["cls.predictions.bias", "cls.predictions.decoder.weight"], "bert", []],
  [["vocab_projector.bias", "vocab_transform.bias", "vocab_transform.weight"], "distilbert", ["vocab_projector"]],
  [["output.dense.bias", "output.dense.weight"], "biogpt", ["output_projection"]],
  [["proj_out.weight"], "whisper", []],
])("tied modules of %j of %s: %j", (names, type, modules) => {
  const tensors = names
    .flatMap((name) => (name.endsWith("dense.bias") ? [name, name.replace("bias", "weight")] : [name]))
    .map((name) => ({ name }));
  expect(tiedModules({ config: { model_type: type }, tensors })).toEqual(modules);
});

test("names and types", () => {
  expect([moduleOf("a.weight"), moduleOf("a.weight_g"), moduleOf("weight")]).toEqual(["a", undefined, undefined]);
  expect([typeOf({ config: { model_type: "bert" } }), typeOf({ config: { model_type: 3 } }), typeOf({})]).toEqual([
    "bert",
    undefined,
    undefined,
  ]);
});
