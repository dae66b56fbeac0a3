import { engineOf, wasmEngine } from "../../kernel/evaluate/engine";

describe("engineOf", () => {
  it("knows its own", () => {
    for (const name of [undefined, "auto", "wasm"]) expect(engineOf(name, "perplexity")).toBe(wasmEngine);
  });

  it("names those that there are", () => {
    expect(() => engineOf("onnxruntime", "perplexity")).toThrow(
      'perplexity(): engine is "onnxruntime"; there are "auto" and "wasm"',
    );
  });
});
