import { segmentsOf } from "../../kernel/archive/segments";
import { memorySource } from "../../kernel/bytes/source";
import { plainBytes } from "../../kernel/encode/byte-planes/block-layout";
import { entry, safetensorsFile } from "../formats/files";

const source = (bytes: Uint8Array) => memorySource(bytes, "m.safetensors");
const model = (...entries: string[]) => {
  const header = `{${entries.join(",")}}`;
  const padded = header.padEnd(8 * Math.ceil(header.length / 8));
  return { bytes: (data: number) => safetensorsFile(padded, data), start: 8 + padded.length };
};

describe("a file as segments", () => {
  test("is its header and its tensors in the order of their bytes, each in its layout", async () => {
    const { bytes, start } = model(entry("b", "F16", [3], 4, 10), entry("a", "F32", [1], 0, 4));
    expect(await segmentsOf(source(bytes(10)), undefined, undefined)).toEqual([
      { start: 0, length: start, layout: plainBytes },
      { tensor: { name: "a", dtype: "F32", shape: [1] }, start, length: 4, layout: { width: 4, isFloat: true } },
      {
        tensor: { name: "b", dtype: "F16", shape: [3] },
        start: start + 4,
        length: 6,
        layout: { width: 2, isFloat: true },
      },
    ]);
  });

  test("is one part where it is no sound model", async () => {
    for (const bytes of [
      Uint8Array.of(1, 2, 3),
      new Uint8Array(0),
      Buffer.from("GGUF and nothing more"),
      safetensorsFile('{"a":', 5),
    ]) {
      const own = new Uint8Array(bytes);
      expect(await segmentsOf(source(own), undefined, undefined)).toEqual(
        own.length === 0 ? [] : [{ start: 0, length: own.length, layout: plainBytes }],
      );
    }
  });

  test("names the base's tensor of the same name, where one can be made from the other", async () => {
    const mine = model(
      entry("same", "F16", [2], 0, 4),
      entry("wider", "F16", [2], 4, 8),
      entry("other", "F16", [2], 8, 12),
      entry("fewer", "F16", [2], 12, 16),
      entry("int", "I16", [2], 16, 20),
    );
    const theirs = model(
      entry("same", "F16", [2], 0, 4),
      entry("wider", "F32", [2], 4, 12),
      entry("fewer", "F16", [1], 12, 14),
      entry("int", "F32", [2], 14, 22),
    );
    const found = await segmentsOf(source(mine.bytes(20)), source(theirs.bytes(22)), undefined);
    expect(found.slice(1).map(({ tensor, base }) => [tensor?.name, base])).toEqual([
      ["same", { dtype: "F16", start: theirs.start, length: 4 }],
      ["wider", { dtype: "F32", start: theirs.start + 4, length: 8 }],
      ["other", undefined],
      ["fewer", undefined],
      ["int", undefined],
    ]);
  });
});
