import { memorySource } from "../../kernel/bytes/source";
import { adapterNote } from "../../kernel/open/adapter-note";
import { missingFile, type Siblings } from "../../kernel/formats/siblings";
import { fromArrays } from "../../kernel/formats/arrays";

const model = (...names: string[]) =>
  fromArrays(Object.fromEntries(names.map((name) => [name, { shape: [2, 2], values: new Float32Array(4) }])));
const beside =
  (text?: string): Siblings =>
  () =>
    text === undefined
      ? Promise.reject(missingFile("adapter_config.json", "there is none"))
      : Promise.resolve(memorySource(Buffer.from(text), "adapter_config.json"));

test("an adapter says so, and of which model it is", async () => {
  const settings = beside('{"peft_type": "LORA", "base_model_name_or_path": "a/b"}');
  const note = await adapterNote(model("q.lora_A.weight", "q.lora_B.weight"), settings, undefined);
  expect(note).toMatch(/^an adapter \(LORA\) of a\/b: 2 tensors that are added to the weights of that model/);
  for (const name of ["lora_te_text_q.lora_down.weight", "q.ia3_l", "q.hada_w1_a", "q.lora_magnitude_vector"])
    expect(await adapterNote(model(name), beside(), undefined)).toMatch(/^an adapter: 1 tensors/);
});

test("beside the weights that it is added to it is one that is not merged; other models have no note", async () => {
  const names = ["q.base_layer.weight", "q.lora_A.default.weight", "q.lora_B.default.weight"];
  expect(await adapterNote(model(...names), beside(), undefined)).toContain("an adapter that is not merged: 2 of its");
  expect(await adapterNote(model("q.weight", "flora_a.weight", "exploration.weight"), beside(), undefined)).toBe(
    undefined,
  );
});
