/** planeEntropy(): against numpy, and by hand. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, fromArrays, open, OptionError, type Tensor } from "../../kernel";
import { planeEntropy } from "../../kernel/analysis/plane-entropy";
import { Random } from "../../kernel/bytes/random";
import { countPlanes } from "../../kernel/encode/byte-planes/plane-counts";
import { displaySymbol } from "../../kernel/static/display";
import { viewMimeType } from "../../kernel/report/types";
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
  const names = (dtype: string, length = 1024) =>
    countPlanes(new Uint8Array(length), dtype).planes.map(({ name }) => name);
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
  const fields = (dtype: string, length: number) =>
    countPlanes(new Uint8Array(length), dtype).fields.map(({ name, pieces }) => [name, ...pieces.map((p) => p.bits)]);
  expect(fields("F32", 1024)).toEqual([
    ["sign", 1],
    ["exponent", 8],
    ["mantissa", 8, 8, 7],
  ]);
  expect(fields("Q8_0", 34 * 4)).toEqual([
    ["d: sign", 1],
    ["d: exponent", 5],
    ["d: mantissa", 10],
    ["codes", 8],
  ]);
  expect(fields("I16", 8)).toEqual([
    ["byte 1", 8],
    ["byte 0", 8],
  ]);
});

test("the fields of a type hold all its bits, and the bits of a number stand where they belong", () => {
  const bits = { F64: 64, F32: 32, F16: 16, BF16: 16, F8_E4M3: 8, F8_E5M2: 8 };
  for (const [dtype, all] of Object.entries(bits)) {
    const { fields } = countPlanes(new Uint8Array(all), dtype);
    expect(fields.flatMap(({ pieces }) => pieces).reduce((sum, piece) => sum + piece.bits, 0)).toBe(all);
  }
  const only = (counts: Float64Array) => counts.findIndex((count) => count > 0);
  // −1.5: exponent 127 or 1023, the highest bit of the mantissa.
  const f32 = countPlanes(bytesOf(Float32Array.of(-1.5)), "F32").fields;
  expect(f32.map(({ pieces }) => pieces.map(({ counts }) => only(counts)))).toEqual([[1], [127], [128, 0, 0]]);
  const f64 = countPlanes(bytesOf(Float64Array.of(-1.5 - 2 ** -52)), "F64").fields;
  expect(f64.map(({ pieces }) => pieces.map(({ counts }) => only(counts)))).toEqual([
    [1],
    [1023],
    [128, 0, 0, 0, 0, 0, 1],
  ]);
  const f16 = countPlanes(bytesOf(Uint16Array.of(0xbe00)), "F16").fields;
  expect(f16.map(({ pieces }) => pieces.map(({ counts }) => only(counts)))).toEqual([[1], [15], [512]]);
});

test("one exponent, two signs, all mantissas: 0, 8, 8 and 8 bits", async () => {
  const words = Uint32Array.from({ length: 1 << 16 }, (_, i) => {
    const mantissa = (i * 0x01010101) & 0x7fffff; // each byte of it takes every value equally often
    return ((i & 1) << 31) | (127 << 23) | mantissa;
  });
  const { planes, floorBytes } = await planeEntropy(tensorOf("w", "F32", bytesOf(words), words.length));
  const { length: symbols } = words;
  const sizes = { bytes: symbols, floorBytes: 0 };
  expect(planes[0]).toEqual({ dtype: "F32", name: "exponent", bits: 8, symbols, entropyBits: 0, ...sizes });
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
    ["F8_E4M3", 1, skewed(30_000, 2, 9)],
    ["I32", 4, skewed(40_000, 4, 7)],
    ["I64", 8, skewed(40_000, 8, 8)],
  ];
  cases.forEach(([, , bytes], i) => writeFileSync(join(folder, String(i)), bytes));
  const script = `
import json, sys
import numpy as np
SPLITS = {"F64": (11, 52), "F32": (8, 23), "F16": (5, 10), "BF16": (8, 7), "F8_E5M2": (5, 2), "F8_E4M3": (4, 3)}
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
    fields = []
    if dtype in SPLITS:
        raw = np.fromfile(f"{sys.argv[1]}/{i}", f"<u{width}").astype(np.uint64)
        e, m = SPLITS[dtype]
        def entropy(low, bits):
            part = (raw >> np.uint64(low)) & np.uint64(2**bits - 1)
            share = np.unique(part, return_counts=True)[1] / len(part)
            return float(-(share * np.log2(share)).sum())
        pieces = [m] if m <= 10 else [min(8, m - k) for k in range(0, m, 8)]
        mantissa, low = 0, m
        for bits in pieces:
            low -= bits
            mantissa += entropy(low, bits)
        fields = [entropy(e + m, 1), entropy(m, e), mantissa]
    print(json.dumps([entropies, fields]))`;
  const run = spawnSync(
    referencePython,
    ["-c", script, folder, JSON.stringify(cases.map(([dtype, width]) => [dtype, width]))],
    { encoding: "utf8", timeout: 60_000 },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const expected = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as [planes: number[], fields: number[]]);
  for (const [i, [dtype, width, bytes]] of cases.entries()) {
    const { planes, fields } = await planeEntropy(tensorOf("w", dtype, bytes, bytes.length / width));
    const [ofPlanes, ofFields] = expected[i];
    expect(planes).toHaveLength(ofPlanes.length);
    planes.forEach(({ entropyBits }, p) => expect(Math.abs(entropyBits - ofPlanes[p])).toBeLessThan(1e-9));
    expect(fields).toHaveLength(ofFields.length || planes.length);
    ofFields.forEach((bits, f) => expect(Math.abs(fields[f].entropyBits - bits)).toBeLessThan(1e-9));
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
  const fields = found.fields.filter(({ dtype }) => dtype === "F32");
  expect(fields.map(({ name }) => name)).toEqual(["sign", "exponent", "mantissa"]);
  expect(fields[0].entropyBits).toBeGreaterThan(0.99);
  expect(fields[1].entropyBits).toBeCloseTo(of("exponent"), 12);
  const shown = found[displaySymbol]();
  expect(String(shown["text/html"])).toContain(
    '<code>F32</code></td><td align="left" style="text-align:left">field: exponent',
  );
  expect(String(shown["text/plain"]).split("\n")[0]).toMatch(
    /^\S+ · byte planes: \S+ MiB, order-0 entropy \S+ MiB \(8\d\.\d %\)$/,
  );
  expect(shown[viewMimeType]).toMatchObject({ kind: "curves" });
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
  const empty = await planeEntropy(fromArrays({}));
  expect(empty).toMatchObject({ bytes: 0, floorBytes: 0, planes: [], fields: [], tensors: [] });
  expect(String(empty[displaySymbol]()["text/plain"])).toContain("0 B");
});

test("names are data in every form", async () => {
  const name = "<img src=x onerror=1>\u001b[31m";
  const { [displaySymbol]: show } = await planeEntropy(tensorOf(name, name, new Uint8Array(4), 4));
  const shown = show();
  expect(String(shown["text/html"])).not.toContain("<img src=x");
  expect(String(shown["text/plain"])).not.toContain("\u001b");
});
