import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { memorySource } from "../../../kernel/bytes/source";
import { ggufMagic, openGguf } from "../../../kernel/formats/gguf/gguf";
import { openSource } from "../../../kernel/open/open";
import type { Model } from "../../../kernel";
import { ggufFile, pair } from "../files";

interface Case {
  file: string;
  tensors: Record<string, { type: string; shape: number[]; bytes: string; values?: string }>;
}
const cases: Record<string, Case> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../../test/fixtures/formats/gguf.json"), "utf8"),
);
const sha256 = (bytes: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest("hex");
const openCase = (name: string): Promise<Model> =>
  openSource(memorySource(Buffer.from(cases[name].file, "base64"), name));

it.each(Object.keys(cases))("files of the reference library open with the same tensors: %s", async (name) => {
  const model = await openCase(name);
  const expected = cases[name].tensors;
  expect(model.tensors.map((t) => [t.name, t.dtype, t.shape])).toEqual(
    Object.entries(expected).map(([key, { type, shape }]) => [key, type, shape]),
  );
  for (const tensor of model.tensors) {
    const { bytes, values, type } = expected[tensor.name];
    expect([tensor.name, sha256(await tensor.readBytes())]).toEqual([tensor.name, bytes]);
    if (values) expect([tensor.name, sha256(await tensor.read())]).toEqual([tensor.name, values]);
    else
      await expect(tensor.read()).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringContaining(type),
      });
  }
});

it("metadata are plain JSON values; integers past 2^53 are digits", async () => {
  const { metadata } = await openCase("metadata");
  expect(metadata).toMatchObject({
    u8: 255,
    i8: -128,
    u16: 65535,
    i16: -32768,
    u32: 4294967295,
    i32: -2147483648,
    u64: 2 ** 53 - 1,
    "u64.large": "18446744073709551615",
    i64: -(2 ** 53 - 1),
    "i64.large": "-9223372036854775808",
    f32: Math.fround(0.1),
    f64: 0.1,
    yes: true,
    no: false,
    text: "ünï\ncode 😀\0end",
    "list.strings": ["a", "ü", "日本"],
    "list.ints": [1, -2, 3],
    "list.floats": [0.5, -1.25],
    "list.bools": [true, false],
  });
  expect(metadata["list.long"]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(metadata["list.tokens"]).toEqual(Array.from({ length: 300 }, (_, i) => `token ${i} é`));
  expect(metadata["list.tokens"]).toBe(metadata["list.tokens"]);
  expect(JSON.parse(JSON.stringify(metadata))).toEqual({ ...metadata });
});

it("version 2, rank 0, size 0 and an alignment of its own open too", async () => {
  const model = await openSource(
    memorySource(
      ggufFile({
        version: 2,
        pairs: [pair("general.alignment", 4, ["u32", 8])],
        tensors: [
          { name: "scalar", sizes: [], type: 0, offset: 0 },
          { name: "empty", sizes: [0, 5], type: 2, offset: 8 },
          { name: "last", sizes: [2], type: 0, offset: 8 },
        ],
        alignment: 8,
        dataBytes: 16,
      }),
    ),
  );
  expect(model.tensors.map((t) => [t.name, t.shape, t.parameters, t.sizeBytes])).toEqual([
    ["scalar", [], 1, 4],
    ["empty", [5, 0], 0, 0],
    ["last", [2], 2, 8],
  ]);
  expect([...(await model.tensor("empty").read())]).toEqual([]);
  expect([...(await model.tensor("scalar").read())]).toEqual([0]);
});

it("opening reads the header and no more than one window past it", async () => {
  const source = memorySource(
    ggufFile({ tensors: [{ name: "w", sizes: [1 << 20], type: 0, offset: 0 }], dataBytes: 4 << 20 }),
  );
  const model = await openSource(source);
  expect(source.bytesRead).toBeLessThanOrEqual(16 + 65536);
  const before = source.bytesRead;
  await model.tensor("w").read();
  expect(source.bytesRead - before).toBe(4 << 20);
});

it("a part of a split model is not taken for the whole", async () => {
  const part = (name: string, count: number): Promise<Model> =>
    openSource(memorySource(ggufFile({ pairs: [pair("split.count", 2, ["u16", count])] }), name));
  await expect(part("m.gguf", 3)).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringContaining("one of 3 parts"),
  });
  await expect(part("m-00002-of-00003.gguf", 3)).rejects.toThrow("open the first, m-00001-of-00003.gguf");
  expect((await part("m.gguf", 1)).tensors).toEqual([]);
});

it("is told by its first four bytes", () => {
  expect([ggufMagic.test("GGUF\x03"), ggufMagic.test("FUGG"), ggufMagic.test(" GGUF")]).toEqual([true, false, false]);
});

it("a part alone is refused, by what its name tells of the others", async () => {
  const split = (no: number, count: number) =>
    ggufFile({
      pairs: [
        pair("split.no", 2, ["u16", no]),
        pair("split.count", 2, ["u16", count]),
        pair("split.tensors.count", 5, ["u32", 0]),
      ],
    });
  const siblings = () => Promise.reject(new Error("no other file is asked for"));
  const openPart = (name: string, no: number, count: number) =>
    openGguf(memorySource(split(no, count), name), "m", undefined, siblings);
  await expect(openPart("m.gguf", 0, 2)).rejects.toThrow('"model-00001-of-00002.gguf"');
  await expect(openPart("m-00001-of-00003.gguf", 0, 2)).rejects.toThrow("does not tell the others");
  await expect(openPart("m-00002-of-00002.gguf", 1, 2)).rejects.toThrow("open the first, m-00001-of-00002.gguf");
  await expect(openPart("m.gguf", 0, 10_001)).rejects.toThrow("split.count is 10001");
  expect((await openPart("m.gguf", 0, 1)).tensors).toEqual([]);
});
