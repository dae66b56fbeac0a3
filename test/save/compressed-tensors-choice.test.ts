/** What is packed for compressed-tensors, and vLLM's published rules on the folders that come of it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fp8, linear, nvfp4, open, type Model, type Recipe } from "../../kernel";
import { packedLayers } from "../../kernel/save/compressed-tensors-choice";
import { smallNetwork } from "./small-network";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-choice-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const int4 = linear({ bits: 4, group: 32 });
const int8 = linear({ bits: 8, per: "channel" });
const uint4 = linear({ bits: 4, group: 32, symmetric: false });
const uint8 = linear({ bits: 8, per: "channel", symmetric: false });

async function chosen(recipe: Recipe, model: Model = smallNetwork(), dynamic = false) {
  const small = await compress(model, recipe, { workers: 1, allowUnmatched: true });
  const { layouts, reasons, choice, dequantizes } = packedLayers(small, dynamic);
  const word = (name: string) => name.replace(/^model\.layers\.0\.\w+\.|\.weight$/g, "");
  const first = <V>(map: ReadonlyMap<{ name: string }, V>) =>
    new Map([...map].filter(([{ name }]) => name.includes(".0.")).map(([{ name }, value]) => [word(name), value]));
  const schemes = [...first(layouts)].map(([name, { scheme }]) => {
    const { num_bits: bits, symmetric } = scheme.weights;
    return [name, `${scheme.format} ${bits}${symmetric ? "" : " asymmetric"}`];
  });
  return { schemes: Object.fromEntries(schemes) as object, reasons: first(reasons), choice, dequantizes };
}

const two = (attention: Recipe, rest: Recipe): Recipe =>
  [
    { match: "**.self_attn.**", steps: attention },
    { match: "**", steps: rest },
  ] as Recipe;

test("one scheme is decoded as it is loaded; groups that do not divide the row stay plain", async () => {
  const { schemes, reasons, dequantizes } = await chosen(int4);
  expect(Object.keys(schemes)).toEqual(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj"]);
  expect([...reasons]).toEqual([
    ["down_proj", expect.stringMatching(/^it has rows of 48, which groups of 32 do not divide/)],
  ]);
  expect(dequantizes).toBe(true);
});

test("several schemes are decoded each by its own, without packed zero points", async () => {
  const { schemes, choice, dequantizes } = await chosen(two(uint8, uint4));
  expect([choice.zeroPoints, dequantizes]).toEqual(["none", false]);
  expect(schemes).toMatchObject({ q_proj: "int-quantized 8 asymmetric", up_proj: "pack-quantized 5" });
});

test("layers of several schemes that come out as bfloat16 are plain", async () => {
  const { schemes, reasons } = await chosen(two(int8, nvfp4()));
  expect(Object.keys(schemes)).toEqual(["q_proj", "k_proj", "v_proj", "o_proj"]);
  expect(reasons.get("up_proj")).toContain("bfloat16");
});

test("layers that round their inputs are packed modules", async () => {
  const { schemes, dequantizes } = await chosen(int8, smallNetwork(), true);
  expect([dequantizes, schemes]).toMatchObject([false, { q_proj: "int-quantized 8" }]);
});

test("networks that allow no packed modules are packed where all layers have one scheme", async () => {
  const t5 = smallNetwork({ model_type: "t5" });
  expect(Object.keys((await chosen(int8, t5)).schemes)).toHaveLength(7);
  const mixed = await chosen(two(int8, int4), t5);
  expect([mixed.schemes, mixed.reasons.get("q_proj")]).toEqual([
    {},
    expect.stringContaining("opens t5 packed only where"),
  ]);
  const cut = await chosen(int8, smallNetwork({ model_type: "dinov2" }));
  expect([cut.schemes, cut.reasons.get("q_proj")]).toEqual([{}, expect.stringContaining("splits as it loads")]);
});

describe("experts", () => {
  const experts = Object.fromEntries(
    [0, 1].flatMap((i) =>
      ["w1", "w2", "w3"].map((word) => [`model.layers.0.mlp.experts.${i}.${word}.weight`, [64, 64]]),
    ),
  ) as Record<string, [number, number]>;
  const mixtral = () => smallNetwork({ model_type: "mixtral" }, experts);
  const names = (map: object) => Object.keys(map).filter((name) => name.startsWith("experts."));

  test("are packed where all have one scheme of symmetric integers", async () => {
    expect(names((await chosen(int8, mixtral())).schemes)).toHaveLength(6);
  });

  test("have no zero points: those of b bits are packed as symmetric ones of b + 1", async () => {
    const { schemes, choice, dequantizes } = await chosen(uint4, mixtral());
    expect([choice.zeroPoints, dequantizes]).toEqual(["none", true]);
    expect(schemes).toMatchObject({ "experts.1.w2": "pack-quantized 5", o_proj: "pack-quantized 5" });
  });

  test("are passed on beside 8-bit floats; beside other codes nothing is packed", async () => {
    const some: Recipe = [
      { match: "**.experts.**", steps: nvfp4() },
      { match: "**", steps: fp8({ per: "channel" }) },
    ];
    expect(Object.keys((await chosen(some, mixtral())).schemes)).toContain("q_proj");
    const none: Recipe = [
      { match: "**.experts.**", steps: nvfp4() },
      { match: "**", steps: int8 },
    ];
    const { schemes, reasons } = await chosen(none, mixtral());
    expect([schemes, reasons.get("q_proj")]).toEqual([{}, expect.stringContaining("experts for packed ones too")]);
  });

  test.each<[string, Recipe, RegExp]>([
    ["zero points of 8 bits", uint8, /symmetric integers/],
    ["4-bit floats", nvfp4(), /symmetric integers/],
    [
      "several schemes of theirs",
      [
        { match: "**.w2.weight", steps: int8 },
        { match: "**", steps: int4 },
      ],
      /one scheme/,
    ],
    ["several schemes of the others", two(int8, int4), /all other layers have one scheme/],
  ])("stay plain with %s, and then nothing is decoded as it is loaded", async (_, recipe, why) => {
    const { schemes, reasons, dequantizes } = await chosen(recipe, mixtral());
    expect([names(schemes), dequantizes]).toEqual([[], false]);
    expect(reasons.get("experts.0.w1")).toMatch(why);
  });
});

/** vLLM's way to the scheme of a layer: `ignore` first, then targets, both by name or pattern (compressed_tensors/utils.py). */
function schemeIn(config: VllmConfig, module: string): unknown {
  const fits = (target: string) =>
    target.startsWith("re:") ? new RegExp(`^(?:${target.slice(3)})`).test(module) : target === module;
  if (config.ignore.some(fits)) return undefined;
  return Object.values(config.config_groups).find(({ targets }) => targets.some(fits))?.weights;
}
interface VllmConfig {
  readonly ignore: readonly string[];
  readonly config_groups: Readonly<
    Record<string, { readonly targets: readonly string[]; readonly weights: { readonly num_bits: number } }>
  >;
}

const parts = [
  ["q_proj", "k_proj", "v_proj"].map((word) => `self_attn.${word}`),
  ["gate_proj", "up_proj"].map((word) => `mlp.${word}`),
];
const skewed: Recipe = [
  { match: "**.0.self_attn.k_proj.weight", steps: int8 },
  { match: "**.1.mlp.up_proj.weight", steps: int8 },
  { match: "**", steps: int4 },
];

test.each<[string, Recipe, string | undefined]>([
  ["one scheme", int4, undefined],
  ["attention and the rest", two(int8, int4), undefined],
  ["one of three, and one of two, otherwise", skewed, undefined],
  ["one of three left alone", int4, "**.v_proj.weight"],
])("vLLM's rules hold: %s", async (_, recipe, skip) => {
  const model = smallNetwork();
  const small = await compress(model, recipe, { workers: 1, ...(skip !== undefined && { skip }) });
  const { engine, layers } = await small.save(`${folder}/out/`);
  expect(engine).toBe("transformers, vLLM");
  const { quantization_config: config } = JSON.parse(readFileSync(join(folder, "out/config.json"), "utf8")) as {
    quantization_config: VllmConfig;
  };
  for (const block of [0, 1])
    for (const words of parts) {
      const schemes = words.map((word) => JSON.stringify(schemeIn(config, `model.layers.${block}.${word}`)));
      expect([words, new Set(schemes).size]).toEqual([words, 1]);
    }
  for (const { name, held } of layers) {
    const scheme = schemeIn(config, name.replace(/\.weight$/, ""));
    expect([name, scheme !== undefined]).toEqual([name, held === "packed"]);
  }
  for (const { weights } of Object.values(config.config_groups)) expect([4, 8]).toContain(weights.num_bits);
  expect(layers.filter(({ held }) => held === "packed").length).toBeGreaterThan(4);
  const again = await open(join(folder, "out"));
  for (const tensor of small.tensors) expect(await again.tensor(tensor.name).read()).toEqual(await tensor.read());
});

test("integers that vLLM does not take are said to be for transformers alone", async () => {
  const small = await compress(smallNetwork(), linear({ bits: 3, per: "channel" }), { workers: 1 });
  expect((await small.save(`${folder}/three/`)).engine).toBe("transformers");
});
