/** Layers of 32 MiB and more, from a file: the outcome is that of the same bytes in memory, which are seen whole. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { horner, nf4, planes, zstd } from "../../kernel";
import { fileSource } from "../../kernel/bytes/source";
import { compressLayer, sizeOfLayer } from "../../kernel/layer/compress-layer";
import type { LayerJob } from "../../kernel/layer/layer-job";
import { isCodedInPieces } from "../../kernel/layer/walk-coded";
import { storedBytes } from "../../kernel/stored/stored-size";

const folder = mkdtempSync(join(tmpdir(), "codebook-coded-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = [2049, 4096];
const values = Float32Array.from({ length: 2049 * 4096 }, (_, i) => {
  return i % 11 === 0 ? -0 : Math.fround(((Math.imul(i, 0x9e3779b1) >> 16) / 65_536) * (i % 5));
});
const path = join(folder, "weights.bin");

async function jobOf(step: LayerJob["steps"][number]): Promise<LayerJob> {
  writeFileSync(path, new Uint8Array(values.buffer));
  const range = (await fileSource(path)).rangeOf?.(0, values.byteLength);
  if (!range) throw new Error("a file gives no range");
  const input = { range, isRaw: true };
  return { name: "fc", savedName: "fc", shape, dtype: "F32", steps: [step], input, threshold: undefined };
}

test.each([planes(), horner(), zstd({ level: 1 })])(
  "$kind",
  async (step) => {
    const job = await jobOf(step);
    expect(isCodedInPieces(job)).toBe(true);
    const found = compressLayer(job);
    const whole = compressLayer({ ...job, input: { bytes: new Uint8Array(values.slice().buffer) } });
    const bytesOf = ({ stored }: typeof found): Uint8Array =>
      stored?.content.kind === "bytes" ? stored.content.bytes.bytes : new Uint8Array(0);
    expect(bytesOf(found).length).toBeGreaterThan(0);
    expect(Buffer.compare(bytesOf(found), bytesOf(whole))).toBe(0);
    expect({ ...found, stored: undefined }).toEqual({ ...whole, stored: undefined });
    if (step.kind === "planes" && found.stored) expect(sizeOfLayer(job)).toBe(storedBytes(found.stored));
  },
  60_000,
);

test("small layers, other steps and surgery go another way", async () => {
  const job = await jobOf(planes());
  if (!("range" in job.input)) throw new Error("the input is no range");
  const small = { ...job.input, range: { ...job.input.range, byteLength: 4096 } };
  expect(isCodedInPieces({ ...job, input: small })).toBe(false);
  expect(isCodedInPieces({ ...job, steps: [nf4(), planes()] })).toBe(false);
  expect(isCodedInPieces({ ...job, surgery: { maps: [], steps: [], isDropped: false } })).toBe(false);
});
