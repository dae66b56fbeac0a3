import { displaySymbol, type Displayed } from "../../kernel/static/display";
import { shownDivergence, shownDrift, shownScore, shownSensitivity } from "../../kernel/evaluate/forms";

const engine = { name: "wasm", version: "1" } as const;
const text = { sha256: "0123456789abcdef".repeat(4), bytes: 9, characters: 9 };
const spread = {
  mean: 0.0123,
  interval: [0.01, 0.02] as const,
  median: 0.009,
  percentiles: { p90: 0.02, p95: 0.03, p99: 0.04, p999: 0.05 },
  maximum: 0.6,
};

const textOf = (value: Displayed): string => String(value[displaySymbol]()["text/plain"]);
const htmlOf = (value: Displayed): string => String(value[displaySymbol]()["text/html"]);

describe("what a cell shows", () => {
  it("of a score: value, interval, and how it was made", () => {
    const score = shownScore({
      ...{ perplexity: 93.377, interval: [89.67, 96.98], bits: 76_772, scored: 11_730, windows: 46, tokens: 23_846 },
      ...{ protocol: "llama.cpp-512", engine, model: "m <b>", text, perWindow: { sums: [1], counts: [1] } },
    });
    expect(textOf(score)).toMatch(/perplexity +93\.38 +89\.67 to 96\.98/);
    expect(textOf(score)).toContain(
      "11,730 tokens scored in 46 windows, llama.cpp-512; engine wasm 1; text SHA-256 0123456789abcdef…",
    );
    expect(htmlOf(score)).toContain("m &lt;b&gt;");
    expect(htmlOf(score)).not.toContain("<b>");
    expect(Object.keys(score)).toContain("perWindow");
  });

  it("of a divergence", () => {
    const mean = { mean: 0.894, interval: [0.887, 0.9] as const };
    const found = shownDivergence({
      ...{ forward: spread, backward: spread, sameTop: mean, rmsProbability: mean, logPerplexityRatio: mean },
      ...{ perplexity: 94.9, referencePerplexity: 93.4, isIndistinguishable: false, scored: 9, windows: 3 },
      ...{ protocol: "gptq-2048", engine, model: "q", reference: "p", text },
    });
    expect(textOf(found)).toContain("q beside p: KL 0.0123 nats a token");
    expect(textOf(found)).toMatch(/same most probable token +89\.40 % +88\.70 % to 90\.00 %/);
    expect(textOf(found)).toContain("fewer than four windows have no interval");
    expect(htmlOf(found)).toContain("KL(reference ‖ model), nats");
  });

  it("of a drift, and of a sensitivity", () => {
    const drift = shownDrift({
      blocks: [{ name: "embedding", cosine: 1, sqnrDb: null }],
      output: { name: "embedding", cosine: 1, sqnrDb: null },
      ...{ pooledCosine: { mean: 0.5 }, inputs: 2, tokens: 9, engine, model: "q", reference: "p", texts: [] },
    });
    expect(textOf(drift)).toMatch(/embedding +1\.000000 +lossless/);
    const rank = { rho: -0.13, interval: [-0.46, 0.23] as const, pairs: 28 };
    const sensitivity = shownSensitivity({
      units: [
        {
          name: "a",
          tensors: ["a"],
          parameters: 3,
          losses: { four: { divergence: spread, weightError: 0.01, outputError: 0.002 } },
        },
        { name: "b", tensors: ["b"], parameters: 3, losses: {} },
      ],
      schemes: {
        four: {
          all: spread,
          sumOfUnits: 0.0125,
          additivity: 0.984,
          weightErrorRank: rank,
          outputErrorRank: { rho: null, pairs: 2 },
        },
      },
      ...{ unit: "layer", scored: 9, windows: 5, protocol: "p", engine, model: "q", textSha256: text.sha256 },
    });
    expect(textOf(sensitivity)).toMatch(/\na +0\.0123 +0\.01 to 0\.02 +0\.01 +0\.002/);
    expect(textOf(sensitivity)).toContain(
      "ratio 0.98. Rank correlation with KL: weight error -0.13 (95 %: -0.46 to 0.23) over 28, output error no order over 2.",
    );
  });
});
