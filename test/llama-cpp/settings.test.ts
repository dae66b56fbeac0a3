import {
  blocksOf,
  countOf,
  factorOf,
  float,
  headsOf,
  headSizeOf,
  numberOf,
  prefixed,
  sharedHeadsOf,
} from "../../kernel/llama-cpp/settings";

test("a number has the first name that config.json knows, and is finite and not negative", () => {
  expect(numberOf({ b: 2, c: 3 }, "a", "b", "c")).toBe(2);
  expect(() => numberOf({ a: "2" }, "a")).toThrow("config.json has no a, which GGUF states");
  for (const value of [-1, Infinity, NaN])
    expect(() => numberOf({ a: value }, "a")).toThrow(`in config.json a is ${value}`);
});

test("a count is whole, at least 1 and at most what it may be", () => {
  expect(countOf({ n_head: 12 }, ["num_heads", "n_head"])).toBe(12);
  for (const value of [0, 1.5, 2 ** 31])
    expect(() => countOf({ a: value }, "a")).toThrow("a whole number, 1 to 2147483647");
  expect(() => blocksOf({ num_hidden_layers: 65_537 })).toThrow("1 to 65536");
  expect(blocksOf({ n_layer: 3 }, "n_layer", "num_hidden_layers")).toBe(3);
});

test("heads share keys where config.json says so, and are as wide as it says or hidden / heads", () => {
  const config = { num_attention_heads: 8, hidden_size: 64 };
  expect([headsOf(config), sharedHeadsOf(config), headSizeOf(config)]).toEqual([8, 8, 8]);
  expect([sharedHeadsOf({ ...config, num_key_value_heads: 2 }), headSizeOf({ ...config, head_dim: 12 })]).toEqual([
    2, 12,
  ]);
});

test("a factor is above 0, since llama.cpp takes 0 for none", () => {
  expect([factorOf({ a: 0.5 }, "a", 1), factorOf({ a: null }, "a", 7), factorOf({}, "a", 1)]).toEqual([0.5, 7, 1]);
  for (const value of [0, -1, "1", NaN]) expect(() => factorOf({ a: value }, "a", 1)).toThrow("it is a number above 0");
});

test("whole numbers may be float32, and keys get what stands before them", () => {
  expect(float(2)).toEqual({ type: "float32", value: 2 });
  expect(prefixed("llama.", { a: 1, "b.c": 2 })).toEqual({ "llama.a": 1, "llama.b.c": 2 });
});
