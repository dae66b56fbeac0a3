/** Each type of a tensor as TensorFlow.js holds it: kept, turned into one that holds every value, or refused at the first that would change. */
import { OptionError } from "../../kernel/errors";
import { memorySource } from "../../kernel/bytes/source";
import { openTfjs } from "../../kernel/formats/tfjs";
import { tfjsWeight } from "../../kernel/formats/tfjs-weight";
import { decodeValues } from "../../kernel/formats/values";

const tensorOf = (dtype: string, array: ArrayBufferView & { readonly length: number }) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const values = new Float32Array(array.length);
  return {
    ...{ name: "w", shape: [array.length], dtype, sizeBytes: bytes.length },
    read: () => {
      decodeValues(new Uint8Array(bytes), dtype as "F32", values);
      return Promise.resolve(values);
    },
    readBytes: () => Promise.resolve(bytes),
  };
};

const wholeNumbers = "TensorFlow.js holds whole numbers as int32";

test.each([
  ["I8", Int8Array.of(-128, 127), [-128, 127]],
  ["U8", Uint8Array.of(0, 255), [0, 255]],
  ["I16", Int16Array.of(-32768, 32767), [-32768, 32767]],
  ["U16", Uint16Array.of(65535), [65535]],
  ["U32", Uint32Array.of(2 ** 31 - 1), [2 ** 31 - 1]],
  ["I64", BigInt64Array.of(-(2n ** 31n), 16_777_217n), [-(2 ** 31), 16_777_217]],
  ["U64", BigUint64Array.of(7n), [7]],
])("%s becomes int32 where that holds it, and the plan says so", async (dtype, array, wanted) => {
  const weight = tfjsWeight(tensorOf(dtype, array), undefined);
  expect(weight).toMatchObject({ dtype: "I32", sizeBytes: 4 * wanted.length, retyped: wholeNumbers, isKept: false });
  expect(weight.entry).toEqual({ name: "w", shape: [wanted.length], dtype: "int32" });
  const { buffer, byteOffset, length } = await weight.bytes({});
  expect([...new Int32Array(buffer, byteOffset, length / 4)]).toEqual(wanted);
  // A type that is asked for is that of the floats.
  expect(tfjsWeight(tensorOf(dtype, array), "F16").dtype).toBe("I32");
});

test.each([
  ["I64", BigInt64Array.of(1n, 2n ** 31n), /value 1 is 2147483648, .* saveSafetensors\(\) keeps I64/],
  ["I64", BigInt64Array.of(2n ** 53n + 1n), /value 0 is 9007199254740993/],
  ["U64", BigUint64Array.of(2n ** 64n - 1n), /value 0 is 18446744073709551615/],
  ["U32", Uint32Array.of(2 ** 31), /value 0 is 2147483648/],
  ["F64", Float64Array.of(0.5, 0.1), /value 1 is 0\.1, and TensorFlow\.js has no float64/],
  ["F64", Float64Array.of(1e300), /value 0 is 1e\+300/],
])("%s with a value that would change is refused", async (dtype, array, reason) => {
  const { bytes } = tfjsWeight(tensorOf(dtype, array), undefined);
  await expect(bytes({})).rejects.toThrow(OptionError);
  await expect(bytes({})).rejects.toThrow(reason);
});

test("float64 that float32 holds is float32; rounded where that is asked for, and never to infinity", async () => {
  const exact = tfjsWeight(tensorOf("F64", Float64Array.of(-0, NaN, 0.5, Infinity)), undefined);
  expect([exact.dtype, exact.retyped]).toEqual(["F32", "TensorFlow.js has no F64"]);
  const { buffer } = await exact.bytes({});
  expect([...new Float32Array(buffer)]).toEqual([-0, NaN, 0.5, Infinity]);
  const told = tfjsWeight(tensorOf("F64", Float64Array.of(0.1)), "F32");
  expect([told.retyped, [...new Float32Array((await told.bytes({})).slice().buffer)]]).toEqual([
    undefined,
    [Math.fround(0.1)],
  ]);
  await expect(tfjsWeight(tensorOf("F64", Float64Array.of(1e300)), "F32").bytes({})).rejects.toThrow("ends at 3.4e38");
});

test("half floats stay half floats; bfloat16 becomes float32, and says so", async () => {
  const half = tensorOf("F16", Uint16Array.of(0x3c00, 0xc000));
  const kept = tfjsWeight(half, undefined);
  expect(kept).toMatchObject({ dtype: "F16", sizeBytes: 4, isKept: true });
  expect(kept.entry).toMatchObject({ quantization: { dtype: "float16", original_dtype: "float32" } });
  expect(await kept.bytes({})).toEqual(await half.readBytes());
  expect(tfjsWeight(half, "F32")).toMatchObject({ dtype: "F32", isKept: false });
  expect(tfjsWeight(half, "F32").retyped).toBeUndefined();
  const brain = tfjsWeight(tensorOf("BF16", Uint16Array.of(0x3f80)), undefined);
  expect(brain).toMatchObject({ dtype: "F32", retyped: "TensorFlow.js has no BF16" });
  expect(Buffer.from(await brain.bytes({})).readFloatLE(0)).toBe(1);
});

test("codes of a TensorFlow.js model stay codes, of floats until another type is asked for", async () => {
  const codes = (name: string, dtype: string, type: string) => ({
    ...{ name, shape: [2], dtype },
    quantization: { dtype: type, scale: 0.1, min: -1 },
  });
  const weights = [codes("a", "float32", "uint8"), codes("b", "float32", "uint16"), codes("c", "int32", "uint8")];
  const json = JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ["w.bin"], weights }] });
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const { tensors } = await openTfjs(memorySource(Buffer.from(json), "model.json"), "m", undefined, () =>
    Promise.resolve(memorySource(bytes, "w.bin")),
  );
  const written = tensors.map((tensor) => tfjsWeight(tensor, undefined));
  expect(written.map(({ entry }) => entry)).toEqual(weights);
  expect(written.map(({ dtype, sizeBytes, isKept }) => [dtype, sizeBytes, isKept])).toEqual([
    ["U8", 2, true],
    ["U16", 4, true],
    ["U8", 2, true],
  ]);
  expect(Buffer.concat(await Promise.all(written.map((one) => one.bytes({}))))).toEqual(Buffer.from(bytes));
  expect(tensors.map((tensor) => tfjsWeight(tensor, "F16").dtype)).toEqual(["F16", "F16", "U8"]);
});
