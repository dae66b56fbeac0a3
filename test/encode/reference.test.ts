import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  delta,
  encode,
  fromArrays,
  horner,
  huffman,
  pack,
  planes,
  rans,
  saveSafetensors,
  zstd,
  type Step,
} from "../../kernel";
import { Random } from "../../kernel/bytes/random";
import type { FloatArray, IntegerArray } from "../../kernel/encode/container/container";
import { generateWeights } from "../quantize/generator";
import { hasModules, itWith, referencePython } from "../references";
import { blocksFile, manyBlocksFile, manyTypesFile } from "../archive/archives";

/** What the library writes, read by test/fixtures/encode/read_codebook.py, which knows its descriptions and none of its code. */

const root = resolve(__dirname, "../../..");
const hasZstd = hasModules("numpy", "zstandard");
const hasGguf = hasModules("numpy", "gguf");
const itWithNumpy = itWith(hasModules("numpy"));

let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "reference-"))));
afterAll(() => rmSync(folder, { recursive: true }));
const place = (name: string, bytes?: Uint8Array): string => {
  const path = join(folder, name);
  if (bytes) writeFileSync(path, bytes);
  return path;
};
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Job {
  readonly file: string;
  readonly base?: string;
  readonly expected: string;
}

function expectSame(jobs: readonly Job[]): void {
  const list = place("jobs.json", Buffer.from(JSON.stringify(jobs)));
  const script = join(root, "test/fixtures/encode/read_codebook.py");
  const run = spawnSync(referencePython, [script, list], { encoding: "utf8", maxBuffer: 2 ** 26 });
  expect(run.stderr).toBe("");
  const found = JSON.parse(run.stdout) as (string | null)[];
  jobs.forEach(({ file, expected }, i) => expect([file, found[i]]).toEqual([file, expected]));
}

const bytesOf = (array: IntegerArray | FloatArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

itWithNumpy(
  "every coder on arrays of every type",
  () => {
    const random = new Random(31);
    const bell = (width: number): number =>
      Math.round((random.uniform() + random.uniform() + random.uniform() - 1.5) * width);
    const codes = Int8Array.from({ length: 70_000 }, () => bell(7));
    const wide = Int16Array.from({ length: 5000 }, () => bell(900));
    const gaps = Int32Array.from({ length: 5000 }, () => bell(3) * 1_000_003);
    const drifting = Uint8Array.from({ length: 40_000 }, (_, i) => 100 + (i >> 12) + Math.abs(bell(4)));
    const constant = new Uint16Array(5000).fill(7);
    const short = Int8Array.of(-3, 1, -3);
    const floats = generateWeights(9000, 12);
    const doubles = Float64Array.from(floats, (w) => w * Math.PI);
    const integers: IntegerArray[] = [codes, wide, gaps, drifting, constant, short];
    const jobs: Job[] = [];
    const add = (data: IntegerArray | FloatArray, step: Step): void => {
      const file = place(`${jobs.length}.cbe`, encode(data, step).bytes);
      jobs.push({ file, expected: sha256(bytesOf(data)) });
    };
    for (const data of integers) {
      for (const step of [
        huffman(),
        huffman({ streams: 1 }),
        huffman({ maxLength: 14 }),
        rans({ streams: 3 }),
        horner(),
      ])
        add(data, step);
      add(data, planes());
    }
    for (const data of [codes, drifting, constant, short, wide]) {
      add(data, rans({ adaptive: true }));
      add(data, rans({ adaptive: true, tableBits: 16, streams: 8 }));
    }
    for (const data of [floats, doubles]) {
      for (const coder of [undefined, huffman(), rans(), rans({ adaptive: true }), horner()])
        add(data, planes(coder ? { coder } : {}));
    }
    add(
      Uint16Array.from(new Uint32Array(floats.buffer), (x) => x >>> 16),
      planes({ type: "BF16", coder: rans() }),
    );
    expectSame(jobs);
  },
  120_000,
);

itWith(hasZstd)("what zstd() writes, by the frames' own library; at each level, and in planes", () => {
  const floats = generateWeights(9000, 12);
  const text = Uint8Array.from(Buffer.from("weights have no repetitions; text has. ".repeat(500)));
  const jobs = [zstd(), zstd({ level: 1 }), zstd({ level: 19 }), planes({ coder: zstd() })].flatMap((step, at) =>
    [floats, text, new Float64Array(70_000), Int16Array.of(3)].map((data, i) => ({
      file: place(`${at}-${i}.cbe`, encode(data, step).bytes),
      expected: sha256(bytesOf(data)),
    })),
  );
  expectSame(jobs);
});

itWithNumpy("differences from a base", () => {
  const base = generateWeights(9000, 12);
  const tuned = base.map((w, i) => (i % 3 === 0 ? w : w * 1.001));
  const halves = Uint16Array.from(new Uint32Array(base.buffer), (x) => x >>> 16);
  const moved = halves.map((x, i) => (i % 5 === 0 ? x ^ 0x8001 : x + (i % 3)));
  const codes = Int8Array.from({ length: 3000 }, (_, i) => (i * i) % 13);
  const pairs: [IntegerArray | FloatArray, IntegerArray | FloatArray, Step][] = [
    [tuned, base, delta()],
    [moved, halves, delta({ type: "BF16" })],
    [codes.map((code) => code - 1), codes, delta()],
    [codes, codes.map((code) => code ^ 64), delta({ type: "Q4_0" })],
  ];
  expectSame(
    pairs.map(([data, against, step], i) => ({
      file: place(`${i}.cbe`, encode(data, step, { base: against }).bytes),
      base: place(`${i}.base`, bytesOf(against)),
      expected: sha256(bytesOf(data)),
    })),
  );
});

itWithNumpy(
  "archives: the committed ones of versions 1 and 2, and some against a base of another type",
  async () => {
    const golden = join(root, "test/golden/encode");
    const values = generateWeights(256 * 300, 12);
    const model = fromArrays({ w: { values, shape: [300, 256] } });
    for (const dtype of ["F32", "F16", "BF16"] as const)
      await saveSafetensors(model, place(`${dtype}.safetensors`), { dtype });
    const jobs: Job[] = [
      ["version-1", readFileSync(join(golden, "version-1.safetensors"))],
      ["version-2-types", manyTypesFile()],
      ["version-2-blocks", manyBlocksFile()],
    ].map(([name, bytes]) => ({
      file: join(golden, `${name as string}.codebook`),
      expected: sha256(bytes as Uint8Array),
    }));
    for (const [of, against] of [
      ["BF16", "F32"],
      ["F16", "F32"],
      ["F32", "BF16"],
      ["F32", "F16"],
    ]) {
      const [file, base] = [place(`${of}.safetensors`), place(`${against}.safetensors`)];
      const archive = place(`${of}-${against}.codebook`);
      await pack(file, archive, { base });
      jobs.push({ file: archive, base, expected: sha256(readFileSync(file)) });
    }
    expectSame(jobs);
  },
  120_000,
);

itWith(hasGguf)("an archive of what llama.cpp's own Python package would quantize from the base", async () => {
  const values = generateWeights(256 * 300, 12);
  writeFileSync(place("small.gguf"), blocksFile(values, ["Q4_0", "Q8_0"]));
  const tensor = { values, shape: [values.length] };
  await saveSafetensors(fromArrays({ Q4_0: tensor, Q8_0: tensor }), place("large.safetensors"), { dtype: "F32" });
  await pack(place("small.gguf"), place("small.codebook"), { base: place("large.safetensors") });
  const expected = sha256(readFileSync(place("small.gguf")));
  expectSame([{ file: place("small.codebook"), base: place("large.safetensors"), expected }]);
});
