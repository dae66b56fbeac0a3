import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blockCodecs, decodeBlocks, encodeBlocks } from "../../kernel/blocks";
import { encodeBfloat16 } from "../../kernel/bytes/half-float";
import { fileSource } from "../../kernel/bytes/source";
import { NonFiniteError, OptionError, SourceError } from "../../kernel/errors";
import type { LayerInput, LayerJob } from "../../kernel/layer/layer-job";
import { compressLayer } from "../../kernel/layer/compress-layer";
import type { RecipeStep } from "../../kernel/layer/step";
import { memoryOfPieces, pieceWalkOf, walkPieces } from "../../kernel/layer/walk-pieces";
import { walkWhole } from "../../kernel/layer/walk-whole";
import { loops } from "../../kernel/loops/loops";
import {
  fp4,
  fp8,
  ggml,
  hqq,
  int,
  kMeans,
  linear,
  meanConstrained,
  mxfp4,
  mxfp8,
  nf4,
  nvfp4,
  rans,
  sorted,
  ternary,
} from "../../kernel";
import { gaussianWeights } from "../blocks/weights";

const folder = mkdtempSync(join(tmpdir(), "codebook-pieces-"));
afterAll(() => rmSync(folder, { recursive: true }));

const jobOf = (step: RecipeStep, shape: readonly number[], input: LayerInput, dtype = "F32"): LayerJob => ({
  name: "fc",
  savedName: "fc",
  shape,
  dtype,
  steps: [step, rans()],
  input,
  threshold: undefined,
});

/** Rows of very different sizes, so that a piece that took another's scale would show. */
const weights = (shape: readonly number[]): Float32Array => {
  const [rows, ...rest] = shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  return gaussianWeights(rows * columns, 21).map((w, i) => Math.fround(w * 2 ** ((Math.floor(i / columns) % 7) - 3)));
};

const inPieces: [string, RecipeStep][] = [
  ["linear g64", linear({ bits: 4, group: 64 })],
  ["linear g100 asymmetric", linear({ bits: 3, group: 100, symmetric: false })],
  ["linear per channel", linear({ bits: 8, per: "channel" })],
  ["linear mse", linear({ bits: 2, group: 32, range: "mse" })],
  ["linear step", linear({ step: 0.01 })],
  ["int per channel", int({ bits: 8, per: "channel" })],
  ["fp8 per channel", fp8({ per: "channel" })],
  ["fp8 blocks", fp8({ block: [48, 128] })],
  ["nf4", nf4()],
  ["fp4 4096", fp4({ group: 4096 })],
  ["mxfp4", mxfp4()],
  ["mxfp8", mxfp8()],
  ["ternary", ternary({ per: "channel" })],
  ["nvfp4", nvfp4()],
  ["hqq", hqq()],
  ["hqq 2-bit g100", hqq({ bits: 2, group: 100, norm: 1, iterations: 5 })],
  ["hqq per channel", hqq({ bits: 3, per: "channel", iterations: 3, beta: 1e8 })],
  ["hqq without rounds", hqq({ iterations: 0 })],
  ["mean-constrained", meanConstrained({ bits: 3, group: 64 })],
  ["kMeans per channel", kMeans({ bits: 2, per: "channel" })],
  ["sorted per channel", sorted({ bits: 3, per: "channel" })],
  ["sorted lloyd per channel", sorted({ bits: 2, per: "channel", refine: "lloyd" })],
  ["Q8_0", ggml({ type: "Q8_0" })],
  ["Q4_0", ggml({ type: "Q4_0" })],
];

describe.each(inPieces)("%s", (_, step) => {
  // Rows that fall together with the blocks of sums, and rows that do not.
  test.each([[[512, 384]], [[700, 160]], [[300, 32, 5, 5]]])(
    "codes, tables and figures of (%j) are those of the whole",
    (shape) => {
      const values = weights(shape);
      const job = jobOf(step, shape, { values });
      const pieces = pieceWalkOf(job);
      if (!pieces) throw new Error("the step does not go in pieces");
      expect(pieces.rows).toBeLessThan(shape[0]);
      const walked = loops.memory.during(memoryOfPieces(job), () =>
        walkPieces({ ...job, input: { values: values.slice() } }, pieces),
      );
      const whole = walkWhole({ ...job, input: { values: values.slice() } });
      expect(walked.change).toEqual(whole.change);
      expect(walked.measures).toEqual(whole.measures);
      expect(walked.error).toEqual(whole.error);
      const [found, expected] = [walked.state.quantized, whole.state.quantized];
      expect(found?.tables).toEqual(expected?.tables);
      expect(found?.codeBits).toBe(expected?.codeBits);
      expect(found?.step).toEqual(expected?.step);
      expect(found?.codes.constructor).toBe(expected?.codes.constructor);
      expect(Buffer.compare(bytesOf(found?.codes), bytesOf(expected?.codes))).toBe(0);
    },
  );
});

const bytesOf = (array: ArrayBufferView | undefined): Buffer =>
  array ? Buffer.from(array.buffer, array.byteOffset, array.byteLength) : Buffer.alloc(0);

test.each<[string, RecipeStep]>([
  ["a scale for the tensor", linear({ bits: 4, per: "tensor" })],
  ["double quantization", nf4({ doubleQuant: true })],
  ["a codebook", kMeans({ bits: 2 })],
  ["a grid of the tensor", hqq({ per: "tensor" })],
  ["seeds that are drawn row after row", kMeans({ bits: 2, per: "channel", exact: false })],
])("%s: the layer is seen whole", (_, step) => {
  expect(pieceWalkOf(jobOf(step, [512, 384], { values: new Float32Array(0) }))).toBeUndefined();
});

test("small layers, steps before the quantizer and surgery are seen whole", () => {
  const step = linear({ bits: 4 });
  const input = { values: new Float32Array(0) };
  expect(pieceWalkOf(jobOf(step, [96, 384], input))).toBeUndefined();
  expect(pieceWalkOf({ ...jobOf(step, [512, 384], input), steps: [rans()] })).toBeUndefined();
  const surgery = { maps: [], steps: [], isDropped: false };
  expect(pieceWalkOf({ ...jobOf(step, [512, 384], input), surgery })).toBeUndefined();
});

describe("from a file", () => {
  const shape = [512, 384];
  const values = weights(shape);

  async function inputOf(bytes: Uint8Array): Promise<{ path: string; input: LayerInput }> {
    const path = join(folder, "weights.bin");
    writeFileSync(path, Buffer.concat([Buffer.alloc(12), bytes, Buffer.alloc(5)]));
    const range = (await fileSource(path)).rangeOf?.(12, 12 + bytes.length);
    if (!range) throw new Error("a file gives no range");
    return { path, input: { range, isRaw: false } };
  }

  test("a thread that reads the bytes itself gets the outcome of values that were handed to it", async () => {
    const job = jobOf(linear({ bits: 4 }), shape, { values: values.slice() });
    const { input } = await inputOf(new Uint8Array(values.slice().buffer));
    expect(compressLayer({ ...job, input })).toEqual(compressLayer(job));
  });

  test("bfloat16 is decoded piece by piece", async () => {
    const halves = Uint16Array.from(values, (value) => encodeBfloat16(value));
    const { input } = await inputOf(new Uint8Array(halves.buffer));
    const decoded = Float32Array.from(new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer));
    const job = jobOf(nf4(), shape, { values: decoded }, "BF16");
    expect(compressLayer({ ...job, input })).toEqual(compressLayer(job));
  });

  test.each(["Q4_K", "Q8_0", "Q6_K"] as const)("blocks of %s are decoded piece by piece", async (type) => {
    const codec = blockCodecs.get(type);
    if (!codec) throw new Error(`there is no type ${type}`);
    const wide = [400, 512];
    const bytes = encodeBlocks(codec, weights(wide), 512);
    const decoded = new Float32Array(400 * 512);
    decodeBlocks(codec, bytes, decoded);
    const { input } = await inputOf(bytes);
    const job = jobOf(linear({ bits: 4 }), wide, { values: decoded }, type);
    expect(pieceWalkOf(job)).toBeDefined();
    expect(compressLayer({ ...job, input })).toEqual(compressLayer(job));
  });

  test("a file that changed since it was opened is an error, not other weights", async () => {
    const { path, input } = await inputOf(new Uint8Array(values.slice().buffer));
    utimesSync(path, 1, 1);
    expect(() => compressLayer(jobOf(linear({ bits: 4 }), shape, input))).toThrow(SourceError);
    rmSync(path);
    expect(() => compressLayer(jobOf(linear({ bits: 4 }), shape, input))).toThrow("there is no such file");
  });

  test("a weight that is no number is told by its place in the layer", async () => {
    const odd = values.slice();
    odd[100_001] = NaN;
    const { input } = await inputOf(new Uint8Array(odd.buffer));
    expect(() => compressLayer(jobOf(linear({ bits: 4 }), shape, input))).toThrow(NonFiniteError);
    expect(() => compressLayer(jobOf(linear({ bits: 4 }), shape, input))).toThrow("fc: weight 100001 is NaN");
  });

  test("an error of the method names the place in the layer", async () => {
    const large = values.slice();
    large[150_000] = 3e38;
    const message = (input: LayerInput): string => {
      try {
        compressLayer(jobOf(linear({ step: 0.01 }), shape, input));
        return "no error";
      } catch (error) {
        expect(error).toBeInstanceOf(OptionError);
        return (error as Error).message;
      }
    };
    const { input } = await inputOf(new Uint8Array(large.slice().buffer));
    expect(message(input)).toContain("weight 150000 is");
    expect(message({ values: large })).toBe(message(input));
  });
});

test("of a layer beyond 64 MiB each piece is read again, to the same outcome", async () => {
  const shape = [4200, 4096];
  const path = join(folder, "large.bin");
  const values = gaussianWeights(1 << 16, 5);
  const all = new Float32Array(shape[0] * shape[1]);
  for (let at = 0; at < all.length; at += values.length) all.set(values.subarray(0, all.length - at), at);
  writeFileSync(path, new Uint8Array(all.buffer));
  const range = (await fileSource(path)).rangeOf?.(0, all.byteLength);
  if (!range) throw new Error("a file gives no range");
  const job = jobOf(nf4(), shape, { range, isRaw: false });
  expect(memoryOfPieces(job)).toBeLessThan(2 ** 21);
  const { variant, sums } = compressLayer({ ...job, steps: [nf4()] });
  const expected = compressLayer({ ...job, steps: [nf4()], input: { values: all } });
  expect(variant).toEqual(expected.variant);
  expect(sums).toEqual(expected.sums);
});

test("a layer of 256 MiB is quantized by a process that stays under 300 MB", () => {
  const [rows, columns] = [8192, 8192];
  const bytes = 4 * rows * columns;
  const header = Buffer.from(`{"fc.weight":{"dtype":"F32","shape":[${rows},${columns}],"data_offsets":[0,${bytes}]}}`);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  const path = join(folder, "large.safetensors");
  writeFileSync(path, Buffer.concat([length, header]));
  const some = new Uint8Array(gaussianWeights(2 ** 22, 3).buffer);
  for (let written = 0; written < bytes; written += some.length) appendFileSync(path, some);
  // Linux keeps the parent's peak in a child's resourceUsage(); VmHWM is the child's own.
  const script = `
    const { compress, linear, open } = require(${JSON.stringify(join(__dirname, "../../kernel"))});
    (async () => {
      const small = await compress(await open(process.argv[1]), linear({ bits: 4, group: 64 }), { workers: 1 });
      const [{ bytes }] = small.report.variants;
      console.log(bytes, /VmHWM:\\s+(\\d+)/.exec(require("fs").readFileSync("/proc/self/status", "utf8"))[1]);
    })();`;
  const printed = execFileSync(process.execPath, ["-e", script, path], { encoding: "utf8" });
  const [small, kilobytes] = printed.split(" ").map(Number);
  // 4 bits a weight and 16 for each group of 64, and the entry of the header.
  expect(small - (rows * columns * (4 + 16 / 64)) / 8).toBeLessThan(200);
  expect(small).toBeGreaterThan((rows * columns * (4 + 16 / 64)) / 8);
  expect(kilobytes).toBeLessThan(300_000);
}, 60_000);
