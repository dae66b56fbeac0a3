import { bytesOfElements, castInto, elementsIn, isCastable, isWhole } from "../../kernel/archive/base-cast";
import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { gaussianWeights } from "../blocks/weights";

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

test("floats can be made from floats, and ggml's blocks whose encoders are certain", () => {
  for (const to of ["F32", "F16", "BF16", "Q4_0", "Q6_K", "NVFP4"])
    expect([to, isCastable("F32", to)]).toEqual([to, true]);
  for (const to of ["F64", "I32", "MXFP4", "IQ1_S", "F8_E4M3"])
    expect([to, isCastable("F32", to)]).toEqual([to, false]);
  for (const from of ["I32", "Q4_0", "BOOL"]) expect(isCastable(from, "F32")).toBe(false);
});

test("sizes are counted in whole blocks", () => {
  expect([isWhole("Q4_0", 36), isWhole("Q4_0", 35)]).toEqual([true, false]);
  expect([bytesOfElements("Q4_0", 64), elementsIn("Q4_0", 36), elementsIn("F16", 6)]).toEqual([36, 64, 3]);
});

describe("castInto", () => {
  test("rounds floats to nearest, ties to even", () => {
    const values = Float32Array.of(1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, -0, 70_000, NaN);
    const half = new Uint16Array(castInto(bytesOf(values), "F32", "F16").buffer);
    expect(Array.from(half)).toEqual([0x3c00, 0x3c00, 0x3c02, 0x8000, 0x7c00, 0x7e00]);
    const brain = new Uint16Array(castInto(bytesOf(Float32Array.of(1, 1 + 2 ** -8)), "F32", "BF16").buffer);
    expect(Array.from(brain)).toEqual([0x3f80, 0x3f80]);
  });

  test("widens exactly", () => {
    expect(castInto(Uint8Array.of(0x00, 0x3c), "F16", "F32")).toEqual(bytesOf(Float32Array.of(1)));
  });

  test("quantizes as the plain encoder does, with 0 for what is not finite", () => {
    const weights = gaussianWeights(512, 3);
    const codec = blockCodecs.get("Q4_K");
    if (!codec) throw new Error("no codec");
    expect(castInto(bytesOf(weights), "F32", "Q4_K")).toEqual(encodeBlocks(codec, weights, 512));
    const odd = weights.slice();
    const clean = weights.slice();
    odd[5] = NaN;
    odd[300] = Infinity;
    clean[5] = clean[300] = 0;
    expect(castInto(bytesOf(odd), "F32", "Q4_K")).toEqual(encodeBlocks(codec, clean, 512));
  });
});
