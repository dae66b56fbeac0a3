/** Compression with a checkpoint: the very result of one without, in memory or after any number of kills, and no layer made twice. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  compress,
  FormatError,
  fromArrays,
  ggml,
  heads,
  huffman,
  linear,
  lowRank,
  magnitude,
  nf4,
  nodes,
  open,
  OptionError,
  planes,
  rans,
  saveSafetensors,
  sorted,
  SourceError,
  trellis,
  WriteError,
  type Model,
  type Recipe,
} from "../../kernel";
import { Checkpoint } from "../../kernel/layer/checkpoint";
import { decodeLayerFile, layerFileParts } from "../../kernel/layer/checkpoint-file";
import type { LayerOutcome } from "../../kernel/layer/compress-layer";
import { gaussianWeights } from "../blocks/weights";
import { generateWeights } from "../quantize/generator";
import { miniLm } from "../references";
import { isFull } from "../tiers";

const encodedFile = (...given: Parameters<typeof layerFileParts>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(layerFileParts(...given)));

const root = mkdtempSync(join(tmpdir(), "codebook-checkpoint-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name.replace(/[^\w.]+/g, "-"));

const matrix = (rows: number, seed: number) => ({ shape: [rows, 256], values: gaussianWeights(rows * 256, seed) });
const model = fromArrays(
  {
    "a.weight": matrix(64, 1),
    "b.weight": matrix(48, 2),
    "norm.weight": { shape: [256], values: gaussianWeights(256, 3) },
    "c.weight": matrix(32, 4),
  },
  { name: "three" },
);
const layers = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".layer"))
    .sort();

const recipes: Record<string, Recipe> = {
  linear: linear({ bits: 4, group: 32 }),
  asymmetric: linear({ bits: 3, group: 64, symmetric: false }),
  "coded without loss": planes(),
  "pruned only": magnitude({ sparsity: 0.7 }),
  "pruned globally, quantized, coded": [magnitude({ sparsity: 0.5, scope: "global" }), sorted({ bits: 3 }), huffman()],
  "nf4, double": nf4({ doubleQuant: true }),
  "ggml blocks": ggml({ type: "Q4_K" }),
  "low rank": lowRank({ rank: 8 }),
  "a target": [linear({ targetBits: 3 }), rans()],
  "two entries, one with a target": [
    { match: "a.*", steps: [trellis({ targetBits: 2 }), rans()] },
    { match: "**", steps: nf4() },
  ],
};

/** Every form of saving that this model takes. */
async function saved(small: Awaited<ReturnType<typeof compress>>, name: string): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const file of ["m.safetensors", "m.gguf", "folder/"]) {
    const path = at(`${name}-${file}`) + (file.endsWith("/") ? "/" : "");
    try {
      await small.save(path);
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      files[file] = Buffer.from(error.message);
      continue;
    }
    files[file] = readFileSync(file.endsWith("/") ? join(path, "model.safetensors") : path);
  }
  return files;
}

test.each(Object.entries(recipes))(
  "%s: report, values and saved files are those without a checkpoint",
  async (name, recipe) => {
    const folder = at(name);
    const whole = await compress(model, recipe);
    const kept = await compress(model, recipe, { checkpoint: folder });
    expect(layers(folder)).toHaveLength(3);
    expect(JSON.stringify(kept.report)).toBe(JSON.stringify(whole.report));
    const files = await saved(whole, `${name}-whole`);
    expect(await saved(kept, `${name}-kept`)).toEqual(files);
    // Once more: nothing is written, and all is there.
    const before = layers(folder).map((file) => statSync(join(folder, file)).ino);
    const again = await compress(model, recipe, { checkpoint: folder, workers: 1 });
    expect(layers(folder).map((file) => statSync(join(folder, file)).ino)).toEqual(before);
    expect(JSON.stringify(again.report)).toBe(JSON.stringify(whole.report));
    expect(await again.sha256()).toBe(await whole.sha256());
    for (const tensor of whole.tensors)
      expect(Buffer.compare(await again.tensor(tensor.name).readBytes(), await tensor.readBytes())).toBe(0);
    // A compressed model is a model: it goes on from the folder.
    const twice = await compress(again, linear({ bits: 2, group: 32 }), { only: "a.weight" });
    expect(twice.report.layers).toEqual(
      (await compress(whole, linear({ bits: 2, group: 32 }), { only: "a.weight" })).report.layers,
    );
  },
);

test("a network with parts taken out", async () => {
  const steps: Recipe = [nodes({ sparsity: 0.25 }), heads({ sparsity: 0.25 }), linear({ bits: 4, group: 32 })];
  const miniature = await open(miniLm);
  const choices = { only: "encoder.layer.{0,1}.**" };
  const whole = await compress(miniature, steps, choices);
  const kept = await compress(miniature, steps, { ...choices, checkpoint: at("surgery") });
  const again = await compress(miniature, steps, { ...choices, checkpoint: at("surgery") });
  const plan = JSON.parse(readFileSync(join(at("surgery"), "plan.json"), "utf8")) as { layers: { cut?: string }[] };
  expect(new Set(plan.layers.map(({ cut }) => cut)).size).toBeGreaterThan(2);
  for (const one of [kept, again]) {
    expect(one.report).toEqual(whole.report);
    const name = "encoder.layer.0.intermediate.dense.weight";
    expect(Buffer.compare(await one.tensor(name).readBytes(), await whole.tensor(name).readBytes())).toBe(0);
  }
}, 60_000);

test("a folder of the same file opened otherwise is another study", async () => {
  const folder = at("opened");
  mkdirSync(folder);
  const values = generateWeights(64 * 32, 4);
  await saveSafetensors(
    fromArrays({ "h.0.attn.c_proj.weight": { shape: [64, 32], values } }),
    join(folder, "m.safetensors"),
  );
  const run = async (model_type: string) => {
    writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type }));
    return compress(await open(folder), linear({ bits: 4, per: "channel" }), { checkpoint: at("opened-layers") });
  };
  await run("gpt2");
  await run("gpt2");
  // Without GPT-2's Conv1D, the other axis counts outputs.
  await expect(run("llama")).rejects.toThrow("holds another study: its layers");
});

/** Many layers, of some milliseconds each. */
async function manyLayers(): Promise<string> {
  const file = at("many.safetensors");
  const values = generateWeights(40 * 256 * 256, 9);
  await saveSafetensors(
    fromArrays(
      Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [
          `layers.${String(i).padStart(2, "0")}.weight`,
          { shape: [256, 256], values: values.slice(i * 65_536, (i + 1) * 65_536) },
        ]),
      ),
    ),
    file,
  );
  return file;
}

test("stopped by its signal it goes on with what is missing", async () => {
  const many = await open(await manyLayers());
  const folder = at("stopped");
  const stop = new AbortController();
  const broken = compress(many, ggml({ type: "Q4_K" }), {
    checkpoint: folder,
    signal: stop.signal,
    onProgress: ({ done, total }) => done > total / 4 && stop.abort(),
  });
  await expect(broken).rejects.toThrow(CancelledError);
  const first = layers(folder);
  expect(first.length).toBeGreaterThan(5);
  expect(first.length).toBeLessThan(40);
  const inodes = first.map((file) => statSync(join(folder, file)).ino);
  const small = await compress(many, ggml({ type: "Q4_K" }), { checkpoint: folder });
  expect(first.map((file) => statSync(join(folder, file)).ino)).toEqual(inodes);
  expect(layers(folder)).toHaveLength(40);
  expect(small.report).toEqual((await compress(many, ggml({ type: "Q4_K" }))).report);
}, 60_000);

/** How many layers each process names before it is killed. npm test has two kills; test/archive/packing.test.ts sweeps the places there. */
const kills = isFull ? [0, 1, 5, 2, 8, 1, 3, 13] : [4, 9];

test("killed again and again, it comes to the same bytes, and makes no finished layer twice", async () => {
  const file = await manyLayers();
  const folder = at("killed");
  const to = at("killed.safetensors");
  const kernel = JSON.stringify(join(__dirname, "../../kernel"));
  const script = `
    const fs = require("node:fs/promises");
    const { compress, linear, open, rans } = require(${kernel});
    const [most] = process.argv.slice(1);
    const { rename } = fs;
    let named = 0;
    fs.rename = (from, to) =>
      to.endsWith(".layer") && ++named > most ? process.kill(process.pid, "SIGKILL") : rename(from, to);
    (async () => {
      const model = await open(${JSON.stringify(file)});
      const recipe = [linear({ bits: 4, group: 64, range: "mse" }), rans()];
      const small = await compress(model, recipe, { checkpoint: ${JSON.stringify(folder)} });
      await small.save(${JSON.stringify(to)});
      process.exit(0);
    })();`;
  const made = new Map<string, number>();
  for (const most of [...kills, Infinity]) {
    const { signal, status } = spawnSync(process.execPath, ["-e", script, String(most)], { stdio: "inherit" });
    expect([most, signal, status]).toEqual(most === Infinity ? [most, null, 0] : [most, "SIGKILL", null]);
    for (const name of layers(folder)) {
      const { ino } = statSync(join(folder, name));
      expect([name, ino]).toEqual([name, made.get(name) ?? ino]);
      made.set(name, ino);
    }
    // Of those that were named before it was killed, the last may not have reached the folder.
    if (most !== Infinity) expect(made.size).toBeLessThan(40);
    if (most > 8) expect(made.size).toBeGreaterThan(0);
  }
  expect(layers(folder)).toHaveLength(40);
  expect(readdirSync(folder).filter((name) => !name.endsWith(".layer"))).toEqual(["model.codebook", "plan.json"]);
  const whole = await compress(await open(file), [linear({ bits: 4, group: 64, range: "mse" }), rans()]);
  await whole.save(at("whole.safetensors"));
  expect(Buffer.compare(readFileSync(to), readFileSync(at("whole.safetensors")))).toBe(0);
}, 120_000);

describe("a folder is one study's", () => {
  const study = (own: object, recipe: Recipe = linear({ bits: 4 }), of: Model = model) =>
    compress(of, recipe, { checkpoint: at("study"), ...own });
  beforeAll(() => study({}));

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "recipe",
      () => study({}, linear({ bits: 5 })),
      /another study: its recipe is .*"bits":4.*"bits":5.*name another folder/,
    ],
    ["seed", () => study({ seed: 1 }), /its seed is 0, this one's 1/],
    ["layers", () => study({ skip: "c.*" }), /its layers is/],
    [
      "model",
      () => study({}, linear({ bits: 4 }), fromArrays({ "a.weight": matrix(64, 7) }, { name: "three" })),
      /its model is .*"sha256"/,
    ],
  ])("another %s is refused", async (_, act, message) => {
    await expect(act()).rejects.toThrow(OptionError);
    await expect(act()).rejects.toThrow(message);
  });

  test("another version, no plan, a plan that is none, and no folder", async () => {
    const copy = at("copy");
    cpSync(at("study"), copy, { recursive: true });
    const plan = join(copy, "plan.json");
    const text = readFileSync(plan, "utf8");
    writeFileSync(plan, text.replace(/"codebook": "[^"]*"/, '"codebook": "0.0.0"'));
    const act = () => compress(model, linear({ bits: 4 }), { checkpoint: copy });
    await expect(act()).rejects.toThrow(/version of Codebook is "0\.0\.0"/);
    writeFileSync(plan, "{");
    await expect(act()).rejects.toThrow(FormatError);
    rmSync(plan);
    await expect(act()).rejects.toThrow(/holds other files and no plan\.json/);
    await expect(compress(model, linear({ bits: 4 }), { checkpoint: join(plan, "x") })).resolves.toBeDefined();
    writeFileSync(at("file"), "");
    await expect(compress(model, linear({ bits: 4 }), { checkpoint: at("file") })).rejects.toThrow(WriteError);
  });

  test("names of workers, of the variant and progress are not the study", async () => {
    await expect(study({ name: "other", workers: 1 })).resolves.toBeDefined();
  });
});

test("a damaged layer is made anew; one that is damaged or gone when it is read is a typed error", async () => {
  const folder = at("damaged");
  const small = await compress(model, linear({ bits: 4 }), { checkpoint: folder });
  const [first, second] = layers(folder).map((name) => join(folder, name));
  const [good, other] = [readFileSync(first), readFileSync(second)];
  const damaged: [string, () => void, RegExp][] = [
    [
      "a bit",
      () =>
        writeFileSync(
          first,
          good.map((byte, i) => (i === good.length - 100 ? byte ^ 1 : byte)),
        ),
      /not those that were written/,
    ],
    ["its end", () => truncateSync(first, good.length - 1), /not those that were written/],
    ["all of it", () => truncateSync(first, 0), /no layer of a checkpoint/],
    ["its place", () => writeFileSync(first, other), /it is of/],
  ];
  for (const [, damage, message] of damaged) {
    damage();
    await expect(small.tensor("a.weight").read()).rejects.toThrow(FormatError);
    await expect(small.tensor("a.weight").read()).rejects.toThrow(message);
    await expect(small.tensor("a.weight").read()).rejects.toThrow(first);
    const again = await compress(model, linear({ bits: 4 }), { checkpoint: folder });
    expect(readFileSync(first).equals(good)).toBe(true);
    expect(again.report).toEqual(small.report);
  }
  rmSync(first);
  await expect(small.tensor("a.weight").read()).rejects.toThrow(SourceError);
  await expect(small.save(at("gone.safetensors"))).rejects.toThrow(
    /is gone; a model that was compressed with a checkpoint/,
  );
  expect(readdirSync(root)).not.toContain("gone.safetensors");
});

test("a search keeps the try that it took", async () => {
  const folder = at("search");
  await compress(model, [linear({ targetBits: 2.5 }), rans()], { checkpoint: folder });
  expect(layers(folder)).toHaveLength(3);
});

describe("the file of a layer", () => {
  const outcome = {
    stored: {
      name: "é\u2028",
      numbers: [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, 0.1],
      arrays: [
        new Float32Array([1, -0, Number.NaN]),
        new Int8Array([-3]),
        new Uint32Array(0),
        new Float64Array([1e300]),
      ],
    },
  } as unknown as LayerOutcome;
  const bytes = encodedFile("key", outcome);

  test("gives back arrays and numbers to the bit", () => {
    expect(decodeLayerFile("f", bytes.slice(), "key")).toEqual(outcome);
    const { stored } = decodeLayerFile("f", bytes.slice(), "key") as unknown as { stored: { numbers: number[] } };
    expect(Object.is(stored.numbers[3], -0)).toBe(true);
  });

  test("every bit that is changed, and every end that is missing, is found", () => {
    for (let i = 0; i < bytes.length; i++) {
      const bad = bytes.slice();
      bad[i] ^= 1 << (i % 8);
      expect(() => decodeLayerFile("f", bad, "key")).toThrow(FormatError);
      expect(() => decodeLayerFile("f", bytes.slice(0, i), "key")).toThrow(FormatError);
    }
  });

  /** With a hash that fits: made on purpose. */
  test.each([
    ["Float32Array", 0, 2 ** 40],
    ["Float32Array", -8, 1],
    ["Float32Array", 4, 1],
    ["Float32Array", 0.5, 1],
    ["constructor", 0, 1],
    ["Float32Array", 0, -1],
    ["Float32Array", 1e300, 1],
    [{}, 0, 1],
  ])("an array of %p at %p of %p elements is refused", (type, place, length) => {
    const hostile = encodedFile("key", { $array: [type, place, length] } as unknown as LayerOutcome);
    expect(() => decodeLayerFile("f", hostile, "key")).toThrow(/an array is/);
  });
});

describe("the folder of a study", () => {
  const { signal } = new AbortController();
  const study = { model: { name: "m", sha256: "00" }, recipe: [], seed: 0, layers: [] };
  const steps = [nf4()];

  test("has a file for each layer and its steps, whose key holds the study", async () => {
    const folder = at("own study");
    const one = await Checkpoint.open(folder, study, signal);
    const file = one.layer(7, steps);
    expect(file.file.slice(folder.length + 1)).toMatch(/^00007-[0-9a-f]{16}\.layer$/);
    expect((await Checkpoint.open(folder, study, signal)).layer(7, steps)).toEqual(file);
    expect(one.layer(8, steps).key).not.toBe(file.key);
    expect(one.layer(7, []).file).not.toBe(file.file);
    const other = await Checkpoint.open(at("other study"), { ...study, seed: 1 }, signal);
    expect(other.layer(7, steps).key).not.toBe(file.key);
  });

  test("keeps what is used, and tidies away the tries and nothing else", async () => {
    const folder = at("tidied");
    const checkpoint = await Checkpoint.open(folder, study, signal);
    const [kept, tried] = [checkpoint.layer(0, steps), checkpoint.layer(1, steps)];
    for (const file of [kept, tried]) await checkpoint.write(file, [Uint8Array.of(1), Uint8Array.of(2)], signal);
    writeFileSync(join(folder, "notes.txt"), "mine");
    checkpoint.use(kept);
    await checkpoint.tidy();
    expect([await checkpoint.has(kept), await checkpoint.has(tried)]).toEqual([true, false]);
    expect(readdirSync(folder)).toHaveLength(3);
    expect([...readFileSync(kept.file)]).toEqual([1, 2]);
  });

  test("that holds another study, or other files, is refused in words", async () => {
    const folder = at("taken");
    await Checkpoint.open(folder, study, signal);
    const error = await Checkpoint.open(folder, { ...study, seed: 3 }, signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain("its seed is 0, this one's 3");
    mkdirSync(at("full"));
    writeFileSync(join(at("full"), "notes.txt"), "mine");
    await expect(Checkpoint.open(at("full"), study, signal)).rejects.toThrow("holds other files and no plan.json");
    writeFileSync(join(folder, "plan.json"), "{");
    await expect(Checkpoint.open(folder, study, signal)).rejects.toThrow(FormatError);
  });
});
