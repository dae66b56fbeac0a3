/** `verify` of a checkpoint: the model in the folder with the files of its layers, each held against its hash. */
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  compress,
  type CompressedModel,
  FormatError,
  fromArrays,
  huffman,
  linear,
  OptionError,
  open,
  SourceError,
} from "../../kernel";
import { describeCompressed } from "../../kernel/cli/convert";
import { setHostProvider, type Progress } from "../../kernel/host";
import { verify } from "../../kernel/save/verify";

const root = mkdtempSync(join(tmpdir(), "codebook-verify-"));
const at = (...names: string[]) => join(root, ...names);
const values = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
const toy = fromArrays({
  "a.weight": { shape: [8, 32], values: values(256) },
  "b.weight": { shape: [4, 32], values: values(128) },
  "a.bias": { shape: [8], values: values(8) },
});
const recipe = [linear({ bits: 4, group: 32 }), huffman()];
const layersIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".layer"));
/** A copy of the checkpoint. */
const copied = (name: string): string => {
  cpSync(at("ck"), at(name), { recursive: true });
  return at(name);
};
let live: CompressedModel;
beforeAll(async () => (live = await compress(toy, recipe, { checkpoint: at("ck"), workers: 1 })), 60_000);
afterAll(() => rmSync(root, { recursive: true }));

test("the folder, or the model in it: all files are counted and checked", async () => {
  const summary = await verify(at("ck"));
  const files = ["model.codebook", ...layersIn(at("ck"))];
  expect(files).toHaveLength(3);
  const bytes = files.reduce((sum, name) => sum + statSync(at("ck", name)).size, 0);
  expect(summary).toMatchObject({ file: at("ck", "model.codebook"), archiveBytes: bytes, tensors: 3 });
  expect(summary.ratio).toBeCloseTo(bytes / summary.originalBytes, 12);
  expect(await verify(at("ck", "model.codebook"))).toEqual(summary);
  const rows = await describeCompressed(at("ck", "model.codebook"));
  expect(rows[0]).toContain(`as ${bytes.toLocaleString("en-US")} `);
  const size = (index: number) => statSync(at("ck", layersIn(at("ck"))[index])).size;
  expect(rows.filter((row) => row.includes(".weight")).map((row) => /([\d,]+) +\d+\.\d\d$/.exec(row)?.[1])).toEqual(
    [0, 1].map((index) => size(index).toLocaleString("en-US")),
  );
});

test("each byte of each layer's file is checked, and the layers that are damaged are named", async () => {
  const folder = copied("flipped");
  const [first, second] = layersIn(folder).map((name) => join(folder, name));
  const whole = readFileSync(first);
  for (let byte = 0; byte < whole.length; byte += 331) {
    const damaged = Buffer.from(whole);
    damaged[byte] ^= 1 << (byte % 8);
    writeFileSync(first, damaged);
    await expect(verify(folder)).rejects.toThrow(/1 of 2 layers beside it is damaged: a\.weight/);
  }
  for (const end of [7, whole.length - 1]) {
    writeFileSync(first, whole.subarray(0, end));
    await expect(verify(folder)).rejects.toThrow(FormatError);
  }
  appendFileSync(second, "x");
  await expect(verify(folder)).rejects.toThrow(/2 of 2 layers beside it are damaged: a\.weight, b\.weight/);
  // The file of one layer in the place of another.
  writeFileSync(first, whole);
  writeFileSync(second, whole);
  await expect(verify(folder)).rejects.toThrow(/1 of 2 .* b\.weight/);
});

test("a file that is missing is named, and a folder that is no finished checkpoint", async () => {
  const folder = copied("torn");
  rmSync(join(folder, layersIn(folder)[1]));
  await expect(verify(folder)).rejects.toThrow(SourceError);
  rmSync(join(folder, "model.codebook"));
  await expect(verify(folder)).rejects.toThrow(/the folder holds no model\.codebook/);
  await expect(verify(at("nowhere"))).rejects.toThrow(SourceError);
});

test("it tells each layer, and stops by its signal", async () => {
  const told: Progress[] = [];
  setHostProvider(() => ({ progress: (progress) => void told.push(progress) }));
  await verify(at("ck"));
  setHostProvider(() => ({}));
  expect(told.filter(({ unit }) => unit === "layers").map(({ done, total, item }) => [done, total, item])).toEqual([
    [1, 2, "a.weight"],
    [2, 2, "b.weight"],
  ]);
  await expect(verify(at("ck"), { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
});

test("a checkpoint is no place for what is made of it, nor a layer's file, unless it is replaced", async () => {
  const small = live;
  for (const path of ["ck/model.codebook", "ck/"]) await expect(small.save(at(path))).rejects.toThrow(OptionError);
  const before = readdirSync(at("ck"));
  await expect(small.save(at("ck", "model.codebook"))).rejects.toThrow("file that the model is read from");
  expect(readdirSync(at("ck"))).toEqual(before);
  const again = await compress(small, linear({ bits: 8, group: 32 }), { only: "b.weight", workers: 1 });
  await expect(again.save(at("ck", "model.codebook"))).rejects.toThrow("file that the model is read from");
});

test("a second checkpoint holds the layers that another one's files hold", async () => {
  const opened = await open(at("ck"));
  const second = await compress(opened, linear({ bits: 8, group: 32 }), {
    only: "b.weight",
    checkpoint: at("ck2"),
    workers: 1,
  });
  await verify(at("ck2"));
  cpSync(at("ck2"), at("moved", "ck2"), { recursive: true });
  const back = await open(at("moved", "ck2"));
  for (const { name } of second.tensors)
    expect([name, await back.tensor(name).read()]).toEqual([name, await second.tensor(name).read()]);
});
