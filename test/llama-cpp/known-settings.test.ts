import { UnsupportedError } from "../../kernel";
import { checkSettings } from "../../kernel/llama-cpp/known-settings";

const known = { read: ["hidden_size"], only: { use_bias: [true], cap: [] } };
const check = (config: Record<string, unknown>) => () => {
  checkSettings("small", known, config);
};

test("keys that are read, that change nothing, or that are null pass", () => {
  expect(
    check({ hidden_size: 5, model_type: "small", use_cache: false, use_bias: true, whatever: null }),
  ).not.toThrow();
});

test("a key that is not known is refused by name, also where it is false or 0", () => {
  for (const value of [true, false, 0, "tanh", [1]]) {
    expect(check({ new_norm: value })).toThrow(UnsupportedError);
    expect(check({ new_norm: value })).toThrow(`this small says "new_norm": ${JSON.stringify(value)}`);
  }
});

test("a value that llama.cpp does not compute is refused with those that it does", () => {
  expect(check({ use_bias: false })).toThrow('small with "use_bias": false; llama.cpp computes it with true');
  expect(check({ cap: 30 })).toThrow('small with "cap": 30; llama.cpp computes it without it');
  expect(check({ pruned_heads: { "0": [1] } })).toThrow("llama.cpp computes it with {}");
  expect(check({ add_cross_attention: true })).toThrow("llama.cpp computes it with false");
});
