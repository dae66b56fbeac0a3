import { unevenModules } from "../../kernel/save/fused-layers";

const attention = ["q_proj", "k_proj", "v_proj", "o_proj"].map((word) => `layers.0.self_attn.${word}`);

test("alike, or none of them: nothing is uneven", () => {
  expect(unevenModules(attention, () => "int4").size).toBe(0);
  expect(unevenModules(attention, () => undefined).size).toBe(0);
  expect(unevenModules(attention, (module) => (module.endsWith("o_proj") ? "int8" : "int4")).size).toBe(0);
});

test("another form, or one that is plain: the packed ones are told", () => {
  const other = unevenModules(attention, (module) => (module.endsWith("k_proj") ? "int8" : "int4"));
  expect([...other.keys()]).toEqual(attention.slice(0, 3));
  expect(other.get(attention[0])).toBe(
    "vLLM holds q_proj, k_proj and v_proj as one layer, and they are not quantized alike",
  );
  const plain = unevenModules(attention, (module) => (module.endsWith("v_proj") ? undefined : "int4"));
  expect([...plain.keys()]).toEqual(attention.slice(0, 2));
});

test("each parent is judged by itself; a lone one is no layer of several", () => {
  const mlp = ["layers.0.mlp.gate_proj", "layers.0.mlp.up_proj", "layers.1.mlp.gate_proj", "layers.1.mlp.up_proj"];
  const forms: Record<string, string> = { [mlp[0]]: "a", [mlp[1]]: "a", [mlp[2]]: "a", [mlp[3]]: "b" };
  expect([...unevenModules(mlp, (module) => forms[module]).keys()]).toEqual(mlp.slice(2));
  expect(unevenModules(["mlp.up_proj", "a.query"], () => "int4").size).toBe(0);
  expect(unevenModules(["mlp.up_proj", "mlp.gate_proj"], (name) => name).get("mlp.up_proj")).toContain(
    "gate_proj and up_proj",
  );
});
