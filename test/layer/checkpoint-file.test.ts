import { FormatError } from "../../kernel/errors";
import { decodeLayerFile, layerFileParts } from "../../kernel/layer/checkpoint-file";

const encodedFile = (...given: Parameters<typeof layerFileParts>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(layerFileParts(...given)));

const outcome = {
  name: "fc",
  error: { sqnrDb: null, cosine: 1, odd: [NaN, Infinity, -Infinity, -0, 0, 0.1] },
  stored: {
    values: Float32Array.of(1, NaN, -0),
    codes: Int8Array.of(-1, 2, 3),
    counts: Float64Array.of(0.1),
    none: new Uint16Array(0),
    wide: Uint32Array.of(2 ** 32 - 1),
  },
} as never;
const file = () => encodedFile("key", outcome);

describe("a layer of a checkpoint", () => {
  test("comes back as it was: arrays by their types, numbers that JSON has not", () => {
    expect(decodeLayerFile("f", file(), "key")).toEqual(outcome);
    const { error } = decodeLayerFile("f", file(), "key") as unknown as { error: { odd: number[] } };
    expect(Object.is(error.odd[3], -0)).toBe(true);
  });

  test("is whole eights, so that arrays need no copy", () => {
    expect((file().length - 32) % 8).toBe(0);
    const { stored } = decodeLayerFile("f", file(), "key") as unknown as { stored: { counts: Float64Array } };
    expect(stored.counts.byteOffset % 8).toBe(0);
  });

  test("of a part of an array has that part only", () => {
    const part = encodedFile("key", { values: Float32Array.of(9, 1, 2, 9).subarray(1, 3) } as never);
    expect(decodeLayerFile("f", part, "key")).toEqual({ values: Float32Array.of(1, 2) });
  });

  test("of another key is refused, by both keys", () => {
    expect(() => decodeLayerFile("f", file(), "other")).toThrow('it is of "key"; expected "other"');
  });

  test("with any byte changed, or cut anywhere, is refused by a FormatError", () => {
    const sound = file();
    for (let at = 0; at < sound.length; at += 7) {
      const changed = sound.slice();
      changed[at] ^= 1;
      expect(() => decodeLayerFile("f", changed, "key")).toThrow(FormatError);
    }
    for (const length of [0, 7, 47, sound.length - 1])
      expect(() => decodeLayerFile("f", sound.slice(0, length), "key")).toThrow(FormatError);
  });
});
