import { OptionError } from "../../kernel";
import { protocolName, windowsOf, type Protocol } from "../../kernel/evaluate/windows";

const numbered = (length: number) => Int32Array.from({ length }, (_, i) => i);

/** The tokens that are scored, by their number in the text. */
const scored = (length: number, protocol: Protocol) =>
  windowsOf(numbered(length), protocol, undefined).flatMap(({ tokens, from, to }) => [...tokens.slice(from, to)]);

describe("llama.cpp-512", () => {
  it("scores 255 tokens of each whole window, and drops the rest of the text", () => {
    const windows = windowsOf(numbered(1600), "llama.cpp-512", undefined);
    expect(windows.map(({ tokens }) => [tokens[0], tokens.length])).toEqual([
      [0, 512],
      [512, 512],
      [1024, 512],
    ]);
    expect(windows.map(({ from, to }) => [from, to])).toEqual([
      [257, 512],
      [257, 512],
      [257, 512],
    ]);
  });

  it("puts the first token of texts in place of each window's first", () => {
    expect(windowsOf(numbered(1024), "llama.cpp-512", 7).map(({ tokens }) => [tokens[0], tokens[1]])).toEqual([
      [7, 1],
      [7, 513],
    ]);
  });

  it("wants two windows", () => {
    expect(() => windowsOf(numbered(1023), "llama.cpp-512", undefined)).toThrow(
      "1023 tokens; llama.cpp-512 needs at least 1024",
    );
  });
});

describe("gptq-2048", () => {
  it("scores all tokens of each window but its first", () => {
    const windows = windowsOf(numbered(5000), "gptq-2048", undefined);
    expect(windows.map(({ tokens, from, to }) => [tokens[0], tokens.length, from, to])).toEqual([
      [0, 2048, 1, 2048],
      [2048, 2048, 1, 2048],
    ]);
    expect(() => windowsOf(numbered(2047), "gptq-2048", undefined)).toThrow(OptionError);
  });
});

describe("context and stride", () => {
  it.each([
    [100, { context: 10, stride: 4 }],
    [100, { context: 10, stride: 10 }],
    [100, { context: 10 }],
    [7, { context: 10, stride: 3 }],
    [2, { context: 2, stride: 1 }],
    [101, { context: 2, stride: 2 }],
    [513, { context: 512, stride: 256, scored: "all" as const }],
  ])("scores each of %i tokens but the first once: %j", (length, protocol) => {
    expect(scored(length, protocol)).toEqual([...numbered(length)].slice(1));
    const { context, stride = context } = protocol as { context: number; stride?: number };
    for (const [at, { tokens, from }] of windowsOf(numbered(length), protocol, undefined).entries()) {
      expect(tokens.length).toBeLessThanOrEqual(context);
      if (at > 0) expect(from).toBeGreaterThanOrEqual(Math.max(1, Math.min(context - stride, tokens.length - stride)));
    }
  });

  it("refuses what is no protocol", () => {
    const tokens = numbered(50);
    expect(() => windowsOf(tokens, { context: 1 }, undefined)).toThrow("context is 1");
    expect(() => windowsOf(tokens, { context: 8, stride: 9 }, undefined)).toThrow("stride is 9");
    expect(() => windowsOf(tokens, { context: 8, strid: 2 } as Protocol, undefined)).toThrow('did you mean "stride"?');
    expect(() => windowsOf(tokens, "llama" as Protocol, undefined)).toThrow('"llama.cpp-512", "gptq-2048"');
    expect(() => windowsOf(numbered(1), { context: 8 }, undefined)).toThrow("1 tokens");
  });

  it("has a name", () => {
    expect(protocolName("gptq-2048")).toBe("gptq-2048");
    expect(protocolName({ context: 512, stride: 256 })).toBe("context 512, stride 256");
    expect(protocolName({ context: 64 })).toBe("context 64, stride 64");
  });
});
