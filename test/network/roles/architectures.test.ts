import { rulesOfArchitecture, turnedExperts, typesOf } from "../../../kernel/network/roles/architectures";

test("the types of a network are its own and those of its parts", () => {
  expect(
    typesOf({ model_type: "llava", text_config: { model_type: "gpt2" }, vision_config: { model_type: "clip" } }),
  ).toEqual(["llava", "gpt2", "clip"]);
  expect(typesOf(undefined)).toEqual([]);
  expect(typesOf({ model_type: 3 })).toEqual([]);
});

test("an architecture that keeps to the habits has no rules, nor has a name of every object", () => {
  expect(rulesOfArchitecture("llama")).toEqual([]);
  expect(rulesOfArchitecture("constructor")).toEqual([]);
  expect(rulesOfArchitecture("xlnet").map(({ role }) => role)).toEqual(["linear", "linear"]);
  expect(turnedExperts.has("gpt_oss")).toBe(true);
});
