/** planeEntropy(): against numpy, and by hand. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, fromArrays, open, OptionError, planeEntropy, type Tensor } from "../../kernel";
import { Random } from "../../kernel/bytes/random";
import { countPlanes } from "../../kernel/encode/plane-counts";
import { gaussianWeights } from "../blocks/weights";
import { hasModules, itWith, miniLm, referencePython } from "../references";

const folder = mkdtempSync(join(tmpdir(), "codebook-planes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A tensor of given bytes. */
function tensorOf(name: string, dtype: string, bytes: Uint8Array, parameters: number): Tensor {
  return {
    ...{ name, dtype, shape: [parameters], parameters, sizeBytes: bytes.length },
    read: () => Promise.resolve(new Float32Array(0)),
    readBytes: () => Promise.resolve(bytes),
  };
}

/** Random bytes whose upper ones are skewed. */
function skewed(length: number, width: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, (_, i) => (i % width === width - 1 ? 60 + random.below(6) : random.below(256)));
}

test("planes are named by what their bits are", () => {
  const names = (dtype: string, length = 1024) => countPlanes(new Uint8Array(length), dtype).map(({ name }) => name);
  expect(names("F32")).toEqual(["exponent", "mantissa 22–15", "mantissa 14–7", "mantissa 6–0, sign"]);
  expect(names("BF16")).toEqual(["exponent", "mantissa, sign"]);
  expect(names("F16")).toEqual(["exponent, mantissa 9–7", "mantissa 6–0, sign"]);
  expect(names("F64").slice(0, 2)).toEqual(["exponent 10–3", "exponent 2–0, mantissa 51–47"]);
  expect(names("I16")).toEqual(["byte 1", "byte 0"]);
  expect(names("U8")).toEqual(["byte"]);
  expect(names("F8_E4M3")).toEqual(["byte"]);
  expect(names("Q8_0", 34 * 4)).toEqual(["d: exponent, mantissa 9–7", "d: mantissa 6–0, sign", "codes"]);
  expect(names("Q6_K", 210 * 4)).toContain("codes");
  // A length that holds no whole number of elements: bytes.
  expect(names("F32", 1023)).toEqual(["byte"]);
});

test("one exponent, two signs, all mantissas: 0, 8, 8 and 8 bits", async () => {
  const words = Uint32Array.from({ length: 1 << 16 }, (_, i) => {
    const mantissa = (i * 0x01010101) & 0x7fffff; // each byte of it takes every value equally often
    return ((i & 1) << 31) | (127 << 23) | mantissa;
  });
  const { planes, floorBytes } = await planeEntropy(tensorOf("w", "F32", bytesOf(words), words.length));
  expect(planes[0]).toEqual({ dtype: "F32", name: "exponent", bits: 8, symbols: words.length, entropyBits: 0 });
  for (const { entropyBits } of planes.slice(1)) {
    expect(entropyBits).toBeGreaterThan(6.9);
    expect(entropyBits).toBeLessThanOrEqual(8);
  }
  expect(floorBytes).toBeCloseTo(
    planes.reduce((sum, plane) => sum + (plane.symbols * plane.entropyBits) / 8, 0),
    6,
  );
});

const needs = hasModules("numpy");

itWith(needs)("equals numpy's counts for F64, F32, F16, BF16, F8 and integers", async () => {
  const cases: [string, number, Uint8Array][] = [
    ["F32", 4, bytesOf(gaussianWeights(40_000, 1))],
    ["F32", 4, skewed(80_000, 4, 2)],
    ["F64", 8, bytesOf(Float64Array.from(gaussianWeights(9_000, 3)))],
    ["F16", 2, skewed(60_000, 2, 4)],
    ["BF16", 2, skewed(60_000, 2, 5)],
    ["F8_E5M2", 1, skewed(30_000, 3, 6)],
    ["I32", 4, skewed(40_000, 4, 7)],
    ["I64", 8, skewed(40_000, 8, 8)],
  ];
  cases.forEach(([, , bytes], i) => writeFileSync(join(folder, String(i)), bytes));
  const script = `
import json, sys
import numpy as np
for i, (dtype, width) in enumerate(json.loads(sys.argv[2])):
    words = np.fromfile(f"{sys.argv[1]}/{i}", f"<u{width}")
    if dtype[0] in "FB" and width > 1:
        words = (words << np.array(1, words.dtype)) | (words >> np.array(8 * width - 1, words.dtype))
    planes = words.view(np.uint8).reshape(-1, width)
    entropies = []
    for p in reversed(range(width)):
        share = np.bincount(planes[:, p]) / len(planes)
        share = share[share > 0]
        entropies.append(float(-(share * np.log2(share)).sum()))
    print(json.dumps(entropies))`;
  const run = spawnSync(
    referencePython,
    ["-c", script, folder, JSON.stringify(cases.map(([dtype, width]) => [dtype, width]))],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const expected = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as number[]);
  for (const [i, [dtype, width, bytes]] of cases.entries()) {
    const { planes } = await planeEntropy(tensorOf("w", dtype, bytes, bytes.length / width));
    expect(planes).toHaveLength(expected[i].length);
    planes.forEach(({ entropyBits }, p) => expect(Math.abs(entropyBits - expected[i][p])).toBeLessThan(1e-9));
  }
});

itWith(miniLm)("MiniLM: the exponents carry the redundancy", async () => {
  const model = await open(miniLm);
  const seen: number[] = [];
  const found = await planeEntropy(model, { workers: 2, onProgress: ({ done }) => seen.push(done) });
  expect(found.bytes).toBe(model.sizeBytes);
  expect(found.tensors.map(({ name }) => name)).toEqual(model.tensors.map(({ name }) => name));
  const of = (name: string) =>
    found.planes.find((plane) => plane.dtype === "F32" && plane.name === name)?.entropyBits ?? 0;
  expect(of("exponent")).toBeGreaterThan(2.4);
  expect(of("exponent")).toBeLessThan(3);
  expect(of("mantissa 6–0, sign")).toBeGreaterThan(7.8);
  expect(found.floorBytes / found.bytes).toBeGreaterThan(0.8);
  expect(found.floorBytes / found.bytes).toBeLessThan(0.835);
  expect(seen[seen.length - 1]).toBe(found.bytes);
  const { floorBytes } = await planeEntropy(model, { only: "encoder.**", workers: 1 });
  const sum = found.tensors
    .filter(({ name }) => name.startsWith("encoder."))
    .reduce((all, one) => all + one.floorBytes, 0);
  expect(floorBytes).toBeCloseTo(sum, 6);
});

test("bad calls, stopping, an empty model", async () => {
  const model = fromArrays({ w: { shape: [4], values: new Float32Array(4) } });
  await expect(planeEntropy(model, { only: "v" })).rejects.toThrow(OptionError);
  await expect(planeEntropy(model, { workers: 9 })).rejects.toThrow(OptionError);
  await expect(planeEntropy(model, { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
  expect(await planeEntropy(fromArrays({}))).toMatchObject({ bytes: 0, floorBytes: 0, planes: [], tensors: [] });
});
