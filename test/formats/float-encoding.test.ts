import { encodeFloats, plannedBytes } from "../../kernel/formats/float-encoding";

const options = { name: "fc", method: "save", signal: undefined };

test("float32 is the very bytes of the array", async () => {
  const values = Float32Array.of(1, 2, 3).subarray(1);
  const bytes = await encodeFloats(values, "F32", options);
  expect([bytes.buffer === values.buffer, bytes.byteOffset, bytes.length]).toEqual([true, 4, 8]);
});

test("sixteen bits are rounded to nearest, ties to even, little-endian", async () => {
  expect(Array.from(await encodeFloats(Float32Array.of(1, 1 + 2 ** -11, -0), "F16", options))).toEqual([
    0, 0x3c, 0, 0x3c, 0, 0x80,
  ]);
  expect(Array.from(await encodeFloats(Float32Array.of(1 + 3 * 2 ** -8), "BF16", options))).toEqual([0x82, 0x3f]);
});

test("what float16 cannot hold is an error that says what to take; infinity it can", async () => {
  await expect(encodeFloats(Float32Array.of(1, 65_520), "F16", options)).rejects.toThrow(
    "save(): fc: value 1 is 65520, and float16 ends at 65504; save it as BF16 or F32",
  );
  expect(Array.from(await encodeFloats(Float32Array.of(Infinity, 65_519), "F16", options))).toEqual([
    0, 0x7c, 0xff, 0x7b,
  ]);
});

test("a stop signal is seen", async () => {
  await expect(
    encodeFloats(Float32Array.of(1), "BF16", { ...options, signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ message: "saving fc was interrupted" });
});

test("a tensor that gives other bytes than its shape asks for is refused by both numbers", async () => {
  const tensor = {
    name: "fc",
    dtype: "F32" as const,
    read: () => Promise.resolve(Float32Array.of(1, 2)),
    readBytes: () => Promise.resolve(new Uint8Array(7)),
  };
  await expect(plannedBytes("save", { tensor, convertTo: undefined, sizeBytes: 8 }, undefined)).rejects.toThrow(
    /the tensor gave 7 bytes.*8, for its shape and type/s,
  );
  expect([...(await plannedBytes("save", { tensor, convertTo: "BF16", sizeBytes: 4 }, undefined))]).toEqual([
    0x80, 0x3f, 0, 0x40,
  ]);
});

test("a float64 that float32 cannot hold is refused, an infinity of the file is one in any type", async () => {
  const tensorOf = (...numbers: number[]) => ({
    name: "fc",
    dtype: "F64" as const,
    read: () => Promise.resolve(Float32Array.from(numbers)),
    readBytes: () => Promise.resolve(new Uint8Array(Float64Array.from(numbers).buffer)),
  });
  for (const convertTo of ["F32", "BF16", "F16"] as const) {
    const write = (...numbers: number[]) =>
      plannedBytes(
        "save",
        { tensor: tensorOf(...numbers), convertTo, sizeBytes: numbers.length * (convertTo === "F32" ? 4 : 2) },
        undefined,
      );
    await expect(write(1, -Infinity, -1e300)).rejects.toThrow("save(): fc: value 2 is -1e+300, and float32 ends at");
    expect((await write(1, -Infinity)).length).toBe(convertTo === "F32" ? 8 : 4);
  }
});
