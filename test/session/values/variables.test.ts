import { describeVariable, listVariables } from "../../../kernel/session/values/variables";

test.each([
  [new Float32Array(3), { type: "Float32Array", shape: "(3)", dtype: "float32", bytes: 12 }],
  ["text", { type: "string", shape: "(4)", text: '"text"' }],
  [0.123456789, { type: "number", text: "0.12346" }],
  [7n, { type: "bigint", text: "7" }],
  [null, { type: "null" }],
  [true, { type: "boolean", text: "true" }],
  [[1, 2], { type: "Array", shape: "(2)" }],
  [new (class Model {})(), { type: "Model", shape: "" }],
  [Object.create(null), { type: "Object" }],
  [new Proxy([], {}), { type: "Proxy" }],
])("%p is described", (value, line) => {
  expect(describeVariable("name", value)).toMatchObject({ name: "name", ...line });
});

test("nothing of a value is called, and nothing is long", () => {
  const calls: unknown[] = [];
  const value = {
    get shape() {
      return calls.push("shape");
    },
    get constructor() {
      return calls.push("constructor") as unknown as ObjectConstructor;
    },
  };
  expect(describeVariable("v", value)).toMatchObject({ type: "Object" });
  expect(calls).toEqual([]);
  const { text } = describeVariable("v", "x".repeat(1e6));
  expect(text.length).toBeLessThanOrEqual(80);
});

test("functions are left out, and many are bounded", () => {
  expect(
    listVariables([
      ["f", () => 1],
      ["n", 1],
    ]).variables.map(({ name }) => name),
  ).toEqual(["n"]);
  const many = Array.from({ length: 1500 }, (_, i) => [`v${i}`, i] as const);
  expect(listVariables(many)).toMatchObject({ all: 1500 });
  expect(listVariables(many).variables).toHaveLength(1000);
});
