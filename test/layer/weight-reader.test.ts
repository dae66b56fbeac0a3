import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSource } from "../../kernel/bytes/source";
import type { LayerInput, LayerJob } from "../../kernel/layer/layer-job";
import { countPieces, weightReader } from "../../kernel/layer/weight-reader";
import { open } from "../../kernel";

const folder = mkdtempSync(join(tmpdir(), "codebook-reader-"));
afterAll(() => rmSync(folder, { recursive: true }));

const jobOf = (input: LayerInput, dtype: string, shape: readonly number[]): LayerJob => {
  return { name: "fc", savedName: "fc", shape, dtype, steps: [], input, threshold: undefined };
};

async function fileInput(bytes: Uint8Array): Promise<LayerInput> {
  const path = join(folder, "bytes");
  writeFileSync(path, bytes);
  const range = (await fileSource(path)).rangeOf?.(0, bytes.length);
  if (!range) throw new Error("a file gives no range");
  return { range, isRaw: false };
}

test.each([true, false])("pieces of a file, first and again; held: %s", async (isHeld) => {
  const values = Float32Array.from({ length: 9000 }, (_, i) => i);
  const input = await fileInput(new Uint8Array(values.buffer));
  const reader = weightReader(jobOf(input, "F32", [90, 100]), isHeld);
  expect(reader.length).toBe(9000);
  const sample = reader.sample(2048);
  expect(new Set(sample.map((value) => Math.floor(value / 3000)))).toEqual(new Set([0, 1, 2]));
  for (const start of [0, 3000, 6000])
    expect(reader.first(start, start + 3000)).toEqual(values.slice(start, start + 3000));
  expect(reader.again(2999, 3001)).toEqual(Float32Array.of(2999, 3000));
  expect(reader.whole()).toEqual(values);
  reader.finish();
});

test("values in memory are brought piece by piece", () => {
  const values = Float32Array.from({ length: 6 }, (_, i) => i);
  const reader = weightReader(jobOf({ values }, "F32", [3, 2]), true);
  expect([...reader.first(0, 4)]).toEqual([0, 1, 2, 3]);
  expect([...reader.first(4, 6)]).toEqual([4, 5]);
  expect([...reader.whole()]).toEqual([0, 1, 2, 3, 4, 5]);
  reader.finish();
});

test("all pieces are counted in one table, and the place of a weight that is no number is that in the layer", async () => {
  const values = Float32Array.from({ length: 200_001 }, (_, i) => i % 7);
  const count = (piece: Float32Array, table: Uint32Array) => piece.forEach((value) => table[value]++);
  for (const input of [{ values }, await fileInput(new Uint8Array(values.buffer))]) {
    const { entries, counts } = countPieces(jobOf(input, "F32", [200_001]), "magnitude", 9, count);
    expect([...entries]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...counts]).toEqual([28_572, 28_572, 28_572, 28_572, 28_571, 28_571, 28_571]);
  }
  const none = countPieces(jobOf({ values: new Float32Array(0) }, "F32", [0, 4]), "magnitude", 2, count);
  expect([none.entries.length, none.counts.length]).toEqual([0, 0]);
  values[150_000] = NaN;
  expect(() => countPieces(jobOf({ values }, "F32", [200_001]), "linear", 7, count)).toThrow(
    "fc: weight 150000 is NaN; linear",
  );
});

test("rows that end within a byte of the type are decoded together", async () => {
  // Two E2M1 numbers in a byte, the first in the low nibble: 1, 2, 3 and 4, 6, −1.
  const input = await fileInput(Uint8Array.of(0x42, 0x65, 0xa7));
  const reader = weightReader(jobOf(input, "F4", [2, 3]), true);
  expect([...reader.first(0, 3), ...reader.first(3, 6)]).toEqual([1, 2, 3, 4, 6, -1]);
  reader.finish();
});

test("a file's tensor says where its bytes lie", async () => {
  const json = Buffer.from('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}');
  const length = Buffer.alloc(8);
  length.writeUInt32LE(json.length);
  const path = join(folder, "w.safetensors");
  writeFileSync(path, Buffer.concat([length, json, Buffer.from(Float32Array.of(1, 2).buffer)]));
  const model = await open(path);
  expect(model.tensor("w").fileRange?.()).toMatchObject({ path, start: 8 + json.length, byteLength: 8 });
});
