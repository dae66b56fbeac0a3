import { plainRotary, rotaryOf } from "../../../kernel/evaluate/architectures/rotary";
import { Settings } from "../../../kernel/evaluate/architectures/settings";

const of = (config: Record<string, unknown>, headSize = 8, defaults = {}) =>
  rotaryOf(new Settings("llama", config), headSize, defaults);

describe("rotaryOf", () => {
  it("turns pair i by 1 / θ^(2i/d)", () => {
    expect(of({}).frequencies).toEqual([1, 1 / 10_000 ** 0.25, 1 / 10_000 ** 0.5, 1 / 10_000 ** 0.75]);
    expect(of({ rope_theta: 16 }).frequencies).toEqual([1, 0.5, 0.25, 0.125]);
    expect(of({ rope_parameters: { rope_theta: 16, rope_type: "default" } })).toEqual(plainRotary(8, 16));
    expect(of({ rope_theta: 16 }, 16, { share: 0.25 })).toEqual(plainRotary(4, 16));
  });

  it("divides all of them, or the long waves", () => {
    expect(of({ rope_theta: 16, rope_scaling: { type: "linear", factor: 4 } }).frequencies).toEqual([
      0.25, 0.125, 0.0625, 0.03125,
    ]);
    const llama3 = {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 32,
    };
    // Waves of 2π/f: 6.3 is under 32/4, 12.6 and 25.1 lie between, 50.3 is over 32.
    const [first, second, , last] = of({ rope_theta: 16, rope_scaling: llama3 }).frequencies;
    const smooth = (32 / (4 * Math.PI) - 1) / 3;
    expect(first).toBe(1);
    expect(second).toBeCloseTo(((1 - smooth) * 0.5) / 8 + smooth * 0.5, 12);
    expect(last).toBe(0.125 / 8);
  });

  it("tells kinds of blocks apart where config.json does", () => {
    const rope_parameters = { full_attention: { rope_theta: 256 }, sliding_attention: { rope_theta: 16 } };
    expect(of({ rope_parameters })).toEqual(plainRotary(8, 256));
    expect(of({ rope_parameters }, 8, { blocks: "sliding_attention" })).toEqual(plainRotary(8, 16));
  });

  it("refuses other kinds, other keys and odd sizes", () => {
    expect(() => of({ rope_scaling: { type: "yarn", factor: 2 } })).toThrow('of kind "yarn" are not run');
    expect(() => of({ rope_scaling: { type: "linear", factor: 2, beta: 1 } })).toThrow('"beta": 1');
    expect(() => of({}, 6, { share: 0.5 })).toThrow("3 entries of each head turn");
  });
});
