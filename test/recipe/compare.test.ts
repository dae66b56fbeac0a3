import { OptionError } from "../../kernel/errors";
import { linear } from "../../kernel/quantize/linear";
import { compare } from "../../kernel/recipe/compare";
import { compress } from "../../kernel/recipe/compress";
import { displaySymbol } from "../../kernel/static/display";
import { recordPart } from "../../kernel/formats/tensor-paths";
import { fromArrays } from "../../kernel/tensor/memory";

const model = (factor = 1) =>
  fromArrays(
    Object.fromEntries(
      ["a.weight", "b.weight", "c.weight"].map((name, at) => [
        name,
        { shape: [3, 5], values: Float32Array.from({ length: 15 }, (_, i) => factor * Math.sin(i + at)) },
      ]),
    ),
    { name: "three" },
  );

test("variants side by side, layers in model order, null where a variant left a layer alone", async () => {
  const int4 = await compress(model(), linear({ bits: 4 }), { skip: "a.weight" });
  const int8 = await compress(model(), linear({ bits: 8 }), { skip: "b.weight" });
  const report = await compare({ int4, "int8, as a report": int8.report, original: model() });
  expect(report.variants.map((variant) => variant.name)).toEqual(["int4", "int8, as a report", "original"]);
  expect(report.layers.map((layer) => [layer.name, ...layer.variants.map((variant) => variant?.scheme)])).toEqual([
    ["a.weight", undefined, "linear 8-bit g128", undefined],
    ["b.weight", "linear 4-bit g128", undefined, undefined],
    ["c.weight", "linear 4-bit g128", "linear 8-bit g128", undefined],
  ]);
  expect(report.layers[1].variants[0]).toEqual(int4.report.layers[0].variants[0]);
  expect(report.variants[0]).toEqual({ ...int4.report.variants[0], name: "int4" });
  expect(report.variants[2]).toMatchObject({ bytes: 180, bitsPerWeight: 32, touched: { layers: 0 } });
  expect(report.model).toEqual(int4.report.model);
  expect(Object.isFrozen(report)).toBe(true);
  expect(report[displaySymbol]()["text/plain"]).toContain("int4");
});

test("a comparison can be compared on; its variants keep their names behind the new one", async () => {
  const small = await compress(model(), linear({ bits: 4 }));
  const two = await compare({ one: small, again: small });
  const report = await compare({ both: two, third: small });
  expect(report.variants.map((variant) => variant.name)).toEqual(["both: one", "both: again", "third"]);
});

test("the order of the layers does not need the model: it follows from the reports", async () => {
  const first = await compress(model(), linear({ bits: 4 }), { only: ["a.weight", "c.weight"] });
  const second = await compress(model(), linear({ bits: 4 }), { only: ["b.weight", "c.weight"] });
  const { layers } = await compare({ second, first });
  expect(layers.map((layer) => layer.name).indexOf("c.weight")).toBe(2);
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ["nothing", () => compare({}), /nothing to compare/],
  [
    "a promise",
    () => compare({ a: compress(model(), linear({ bits: 4 })) as never }),
    /"a" is a promise; await it first/,
  ],
  [
    "a report of which parts are lost",
    async () => compare({ a: { ...(await compress(model(), linear({ bits: 4 }))).report, layers: null as never } }),
    /"a" is no whole report: its layers is not a list/,
  ],
  ["something else", () => compare({ a: 4 as never }), /"a" is 4; it takes compressed models/],
  [
    "models with other weights",
    async () =>
      compare({
        one: await compress(model(), linear({ bits: 4 })),
        other: await compress(model(2), linear({ bits: 4 })),
      }),
    /"one" comes from three \(45 parameters, SHA-256 [0-9a-f]{12}…\), "other" from three/,
  ],
])("%s is refused", async (_name, act, message) => {
  const error: unknown = await act().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as Error).message).toMatch(message);
});

test("a layer goes right behind the one that it follows in its own report", async () => {
  const of = (...only: string[]) => compress(model(), linear({ bits: 4 }), { only });
  const order = async (...reports: Awaited<ReturnType<typeof of>>[]) =>
    (await compare(Object.fromEntries(reports.map(({ report }, at) => [`${at}`, report])))).layers.map(
      ({ name }) => name,
    );
  const [a, ab, abc, ac] = await Promise.all([
    of("a.weight"),
    of("a.weight", "b.weight"),
    of("a.weight", "b.weight", "c.weight"),
    of("a.weight", "c.weight"),
  ]);
  const all = ["a.weight", "b.weight", "c.weight"];
  expect(await order(a, abc)).toEqual(all);
  expect(await order(ac, ab)).toEqual(all);
  expect(await order(abc, ac)).toEqual(all);
  expect(await order(await of("b.weight", "c.weight"), ac)).toEqual(all);
});

test("two parts of one file are two models", async () => {
  const [own, average] = ["model", "ema"].map((part) => recordPart(model(), part));
  const small = await compress(own, linear({ bits: 4 }));
  expect(small.report.model.part).toBe("model");
  expect((await compare({ small, again: small.report }, { base: own })).variants).toHaveLength(2);
  await expect(compare({ small, average })).rejects.toThrow('the part "ema"');
  await expect(compare({ small: small.report }, { base: average })).rejects.toThrow(
    "a report of another model than base",
  );
  // The model itself is measured: its values are those of the other part, and it lost what quantization took.
  const measured = await compare({ small }, { base: average });
  expect(measured.layers.map(({ name }) => name)).toEqual(["a.weight", "b.weight", "c.weight"]);
});
