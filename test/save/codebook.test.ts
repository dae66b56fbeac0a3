/** A compressed model as a `.codebook` file: w′ to the bit, at the bytes that the report counts, whatever made it. */
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compare,
  compress,
  edges,
  fp8,
  fromArrays,
  ggml,
  hqq,
  huffman,
  kMeans,
  linear,
  lowRank,
  magnitude,
  mxfp4,
  nf4,
  nvfp4,
  open,
  planes,
  rans,
  saveGguf,
  saveSafetensors,
  ternary,
  trellis,
  verify,
  type CompressedModel,
  type Model,
  type Recipe,
} from "../../kernel";
import { planCodebook } from "../../kernel/save/codebook";
import { saveModel } from "../../kernel/catalog/save";
import { setHostProvider } from "../../kernel/host";
import { Random } from "../../kernel/bytes/random";
import { TensorSet } from "../../kernel/tensor/tensor-set";
import { entry, safetensorsFile } from "../formats/files";
import { generateWeights } from "../quantize/generator";
import { inFull, sampleOf } from "../tiers";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "codebook-codebook-"))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const array = (seed: number, ...shape: number[]) => ({
  shape,
  values: generateWeights(
    shape.reduce((product, size) => product * size, 1),
    seed,
  ),
});
const arrays = {
  "model.embed_tokens.weight": array(1, 11, 256),
  "model.layers.0.self_attn.q_proj.weight": array(2, 16, 256),
  "model.layers.0.mlp.up_proj.weight": array(3, 13, 41),
  "model.layers.0.mlp.experts.weight": {
    ...array(4, 3, 8, 32),
    role: "expert" as const,
    axes: { stacked: [0], output: [1], input: [2] },
  },
  "h.0.attn.c_attn.weight": {
    ...array(5, 32, 12),
    role: "linear" as const,
    axes: { stacked: [], output: [1], input: [0] },
  },
  "model.norm.weight": array(6, 256),
};
let model: Model;
let half: Model;
beforeAll(async () => {
  model = fromArrays(arrays, { name: "tiny" });
  await saveSafetensors(model, path("half.safetensors"), { dtype: "BF16" });
  half = await open(path("half.safetensors"));
});

/** Each content and each kind of table, mask and stream. */
const recipes: Record<string, Recipe> = sampleOf<Recipe>(
  {
    "codes and scales": linear({ bits: 4, group: 32 }),
    "zero points": linear({ bits: 3, group: 32, symmetric: false }),
    "codes coded": [linear({ bits: 4, group: 32 }), huffman()],
    "a trellis": [trellis({ targetBits: 3 }), rans()],
    "nested scales": nf4({ doubleQuant: true }),
    E4M3: fp8(),
    "E4M3 and a scale of all": nvfp4(),
    E8M0: mxfp4(),
    hqq: hqq({ bits: 4, group: 32 }),
    codebooks: kMeans({ bits: 3 }),
    ternary: ternary(),
    "blocks of 1.6875 bits": [{ match: "**.q_proj.weight", steps: ggml({ type: "TQ1_0" }) }],
    "K blocks": [{ match: "**.q_proj.weight", steps: ggml({ type: "Q4_K" }) }],
    "blocks of types that fit the rows": ggml({ type: "Q4_K" }),
    "kept values": magnitude({ sparsity: 0.5 }),
    "few kept values, coded": [magnitude({ sparsity: 0.97 }), rans()],
    "1 of 8": edges({ n: 1, m: 8 }),
    "blocks of weights": edges({ block: [4, 4], sparsity: 0.5 }),
    "kept codes": [magnitude({ sparsity: 0.8 }), linear({ bits: 4, group: 32 })],
    "kept codes of a trellis": [magnitude({ sparsity: 0.8 }), trellis({ step: 0.02 }), rans()],
    factors: lowRank({ rank: 2 }),
    "coded factors": [lowRank({ rank: 2 }), planes()],
    "bytes without loss": planes(),
  },
  [
    ...["codes and scales", "zero points", "a trellis", "nested scales", "E4M3 and a scale of all", "codebooks"],
    ...[
      "blocks of 1.6875 bits",
      "blocks of types that fit the rows",
      "kept values",
      "few kept values, coded",
      "1 of 8",
      "kept codes of a trellis",
    ],
    ...["coded factors", "bytes without loss"],
  ],
);

async function expectSameModel(back: Model, small: Model): Promise<void> {
  expect(back.tensors.map(({ name, shape, sizeBytes }) => [name, shape, sizeBytes])).toEqual(
    small.tensors.map(({ name, shape, sizeBytes }) => [name, shape, sizeBytes]),
  );
  expect(back.tensors.map(({ role, roleReason, axes }) => [role, roleReason, axes])).toEqual(
    small.tensors.map(({ role, roleReason, axes }) => [role, roleReason, axes]),
  );
  for (const [at, tensor] of small.tensors.entries()) {
    const bytes = Buffer.from(await back.tensors[at].readBytes());
    expect([tensor.name, bytes.equals(Buffer.from(await tensor.readBytes()))]).toEqual([tensor.name, true]);
  }
}

test.each(Object.entries(recipes))("%s", async (name, recipe) => {
  for (const source of name === "bytes without loss" || name === "kept values" ? [model, half] : [model]) {
    const small = await compress(source, recipe, { seed: 3 });
    const said = await small.save(path("small.codebook"));
    expect(statSync(path("small.codebook")).size).toBe(said.bytes);
    expect(said.bytes).toBeLessThanOrEqual(small.sizeBytes + 65_536 + 100 * source.tensors.length);
    const counted = new Map(small.tensors.map((tensor) => [tensor.name, tensor.sizeBytes]));
    for (const layer of said.layers) expect(layer.bytes).toBeLessThanOrEqual(counted.get(layer.name) ?? 0);
    const back = (await open(path("small.codebook"))) as CompressedModel;
    await expectSameModel(back, small);
    expect([back.report, back.recipe, back.seed]).toEqual([small.report, small.recipe, 3]);
    await back.save(path("again.codebook"));
    expect(readFileSync(path("again.codebook")).equals(readFileSync(path("small.codebook")))).toBe(true);
  }
});

describe("a model that was opened again", () => {
  let small: CompressedModel;
  let back: CompressedModel;
  const config = { model_type: "own", big: Infinity, zero: -0 };
  beforeAll(async () => {
    const settings = { config, folder: undefined, metadata: { note: "é" } };
    const plain = { name: model.name, format: model.format, tensors: model.tensors, ...settings };
    const withConfig = new TensorSet({ ...plain, sha256: () => model.sha256() });
    small = await compress(withConfig, linear({ bits: 4, group: 32 }));
    await small.save(path("opened.codebook"));
    back = (await open(path("opened.codebook"))) as CompressedModel;
  });

  test("keeps name, settings and the hash of its source, and has that of its file", async () => {
    expect([back.name, back.config, back.metadata]).toEqual(["opened.codebook", config, { note: "é" }]);
    expect(back.report.model.sha256).toBe(await model.sha256());
    expect(await back.sha256()).toMatch(/^[0-9a-f]{64}$/);
  });

  test("saves to the other forms as the model that it was", async () => {
    for (const form of ["a.safetensors", "a/"]) {
      const [first, second] = [await small.save(path(`1${form}`)), await back.save(path(`2${form}`))];
      expect([second.bytes, second.layers]).toEqual([first.bytes, first.layers]);
      for (const file of form.endsWith("/") ? first.files.map((name) => `a/${name}`) : [form])
        expect([file, readFileSync(path(`1${file}`)).equals(readFileSync(path(`2${file}`)))]).toEqual([file, true]);
    }
  });

  test("is compressed and compared as any model; the report says what it was", async () => {
    const again = await compress(back, linear({ bits: 3, group: 32 }));
    expect(again.report.layers[0].requantized).toBe("codebook linear 4-bit g32");
    const report = await compare({ again: back }, { base: model });
    expect(report.layers.map(({ name }) => name)).toEqual(small.report.layers.map(({ name }) => name));
  });

  test("raw shows the parts", async () => {
    const raw = await open(path("opened.codebook"), { raw: true });
    expect(raw.tensors.slice(0, 2).map(({ name, dtype }) => [name, dtype])).toEqual([
      ["model.embed_tokens.weight.codes", "U8"],
      ["model.embed_tokens.weight.scale", "U8"],
    ]);
    expect(raw.tensors[0].sizeBytes).toBe((11 * 256) / 2);
    await expect(open(path("opened.codebook"), { part: "model" })).rejects.toThrow(/which is whole/);
  });

  test("damage in one tensor is found and named, and the others are read", async () => {
    const bytes = readFileSync(path("opened.codebook"));
    bytes[16 + 5] ^= 64;
    writeFileSync(path("damaged.codebook"), bytes);
    const damaged = await open(path("damaged.codebook"));
    await expect(damaged.tensors[0].read()).rejects.toThrow(/"model\.embed_tokens\.weight" are damaged/);
    expect(await damaged.tensors[1].read()).toEqual(await small.tensors[1].read());
    await expect(verify(path("damaged.codebook"))).rejects.toThrow(/1 of 6 tensors is damaged.*model\.embed_tokens/);
    const sound = await verify(path("opened.codebook"));
    expect([sound.tensors, sound.sha256]).toEqual([6, small.report.model.sha256]);
    await expect(verify(path("opened.codebook"), { base: "b" })).rejects.toThrow(/has no base/);
  });

  test("a file that was replaced since is an error, not other weights", async () => {
    copyFileSync(path("opened.codebook"), path("moved.codebook"));
    const moved = await open(path("moved.codebook"));
    writeFileSync(path("moved.codebook"), readFileSync(path("again.codebook")));
    await expect(moved.tensors[0].read()).rejects.toThrow(/open it again/);
  });
});

test("GGUF: metadata keep their types, and blocks their bytes", async () => {
  const metadata = { "general.architecture": "own", "own.list": [1, 2], "own.rate": 0.5 };
  await saveGguf(model, path("m.gguf"), { metadata });
  const recipe = [{ match: "**.q_proj.weight", steps: ggml({ type: "Q4_0" }) }];
  const small = await compress(await open(path("m.gguf")), recipe);
  await small.save(path("g.codebook"));
  const back = (await open(path("g.codebook"))) as CompressedModel;
  await small.save(path("1.gguf"));
  await back.save(path("2.gguf"));
  expect(readFileSync(path("2.gguf")).equals(readFileSync(path("1.gguf")))).toBe(true);
});

test("what is no number to a recipe keeps type and bytes", async () => {
  const file = path("types.safetensors");
  const random = new Random(5);
  const bytes = Uint8Array.from({ length: 256 + 64 + 16 }, () => random.below(256));
  const head = `{${entry("w.weight", "F32", [4, 16], 0, 256)},${entry("ids", "I64", [8], 256, 320)},${entry("odd.bias", "F64", [2], 320, 336)}}`;
  const floats = new Float32Array(64).map((_, i) => Math.cos(i));
  bytes.set(new Uint8Array(floats.buffer));
  writeFileSync(file, safetensorsFile(head, bytes));
  const source = await open(file);
  const small = await compress(source, linear({ bits: 4, group: 16 }));
  await small.save(path("types.codebook"));
  const back = await open(path("types.codebook"));
  for (const name of ["ids", "odd.bias"]) {
    expect(back.tensor(name).dtype).toBe(source.tensor(name).dtype);
    expect(await back.tensor(name).readBytes()).toEqual(await source.tensor(name).readBytes());
  }
});

describe("the writing", () => {
  const recipe = linear({ bits: 4, group: 32 });
  afterEach(() => setHostProvider(() => ({})));

  test("a dtype is refused, with what takes it", async () => {
    const small = await compress(model, recipe);
    await expect(small.save(path("x.codebook"), { dtype: "F16" })).rejects.toThrow(/a \.codebook file holds codes/);
  });

  test("the row is shown before it is written", async () => {
    const shown: unknown[] = [];
    setHostProvider(() => ({
      display: ({ data }) => void shown.push(data["text/plain"], readdirSync(folder).includes("shown.codebook")),
    }));
    const small = await compress(model, recipe);
    const { plan } = await planCodebook(small, {
      dtype: undefined,
      resume: false,
      provenance: true,
      signal: undefined,
    });
    await small.save(path("shown.codebook"));
    expect(plan.bytes).toBe(statSync(path("shown.codebook")).size);
    expect(shown[0]).toMatch(/shown\.codebook: codebook file for Codebook/);
    expect(shown[1]).toBe(false);
  });

  test("what broke off is taken up again, to the same bytes", async () => {
    const small = await compress(model, recipe);
    await small.save(path("whole.codebook"));
    const stop = new AbortController();
    let saved = 0;
    setHostProvider(() => ({ progress: ({ task }) => void (task === "saving" && ++saved === 3 && stop.abort()) }));
    const options = { resume: true, signal: stop.signal };
    await expect(saveModel(small, path("resumed.codebook"), options)).rejects.toThrow(/interrupted/);
    expect(readdirSync(folder)).not.toContain("resumed.codebook");
    saved = 0;
    await small.save(path("resumed.codebook"), { resume: true });
    expect(readFileSync(path("resumed.codebook")).equals(readFileSync(path("whole.codebook")))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith(".resumed"))).toEqual([]);
  });
});

describe("a checkpoint", () => {
  const recipe = [magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 32 })];

  test("opens as the model when it is done, and says so when it is not", async () => {
    const small = await compress(model, recipe, { checkpoint: path("study") });
    const back = (await open(path("study"))) as CompressedModel;
    await expectSameModel(back, small);
    expect(back.report).toEqual(small.report);
    await back.save(path("study.codebook"));
    await small.save(path("direct.codebook"));
    expect(readFileSync(path("study.codebook")).equals(readFileSync(path("direct.codebook")))).toBe(true);
    const layer = readdirSync(path("study")).find((name) => name.endsWith(".layer")) ?? "";
    unlinkSync(join(path("study"), "model.codebook"));
    await expect(open(path("study"))).rejects.toThrow(/not finished: 5 layers are done/);
    await compress(model, recipe, { checkpoint: path("study") });
    unlinkSync(join(path("study"), layer));
    await expect((await open(path("study"))).tensors[0].read()).rejects.toThrow(/needs its folder/);
  });
});

inFull(test)(
  "every method and every pruner together",
  async () => {
    for (const first of [magnitude({ sparsity: 0.9 }), edges({ n: 2, m: 4 }), edges({ fanIn: 3 })])
      for (const [, second] of Object.entries(recipes))
        for (const last of [[], [rans()]]) {
          const small = await compress(model, [first, ...[second].flat(), ...last] as Recipe).catch(() => undefined);
          if (!small) continue;
          const said = await small.save(path("all.codebook"));
          expect(said.bytes).toBeLessThanOrEqual(small.sizeBytes + 65_536);
          await expectSameModel(await open(path("all.codebook")), small);
        }
  },
  900_000,
);
