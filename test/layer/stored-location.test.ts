import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layerFileParts } from "../../kernel/layer/checkpoint-file";
import { storedAt } from "../../kernel/layer/stored-location";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";

const encodedFile = (...given: Parameters<typeof layerFileParts>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(layerFileParts(...given)));

const stored: StoredTensor = {
  name: "fc",
  shape: [2],
  content: { kind: "values", values: Float32Array.of(1, 2), bitsPerValue: 32 },
};
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kept-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the stored form of a layer", () => {
  test("in memory is itself", () => {
    expect(storedAt(stored)).toBe(stored);
  });

  test("in a file is read from it", () => {
    const file = join(folder, "layer");
    writeFileSync(file, encodedFile("key", { stored } as never));
    expect(storedAt({ file, key: "key" })).toEqual(stored);
  });

  test("that is gone, changed or empty is an error that says so", () => {
    const file = join(folder, "layer");
    expect(() => storedAt({ file, key: "key" })).toThrow(
      "is gone; a model that was compressed with a checkpoint needs its folder",
    );
    writeFileSync(file, encodedFile("another", { stored } as never));
    expect(() => storedAt({ file, key: "key" })).toThrow('it is of "another"');
    writeFileSync(file, encodedFile("key", {} as never));
    expect(() => storedAt({ file, key: "key" })).toThrow("it holds no stored tensor");
    expect(() => storedAt({ file: folder, key: "key" })).toThrow(expect.objectContaining({ code: "SOURCE" }));
  });
});
