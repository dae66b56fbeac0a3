/** The text of a config.json with some values changed: all that stays keeps its characters. */
import { parseJsonObject } from "../../kernel/formats/json-file";
import { editJsonText, isSame, jsonText } from "../../kernel/formats/json-text";

const parse = (text: string) => parseJsonObject(Buffer.from(text), "config.json");
const edit = (text: string, change: (config: Record<string, unknown>) => object) =>
  editJsonText(text, parse(text), { ...change({ ...parse(text) }) });

const config = `{
  "attention_dropout": 0.0,
  "layer_norm_eps": 1e-05,
  "rope_theta": 1e9,  "big": 12345678901234567890,
  "scale": Infinity, "low": -Infinity, "none": NaN,
  "name": "a \\"quoted\\" { word } \\u00e9",
  "rope": { "factor": 32.0, "list": [1.0, 2.50, 3.0e0] },
  "layer_types": [
    "a",
    "b",
    "c"
  ],
  "empty": {}, "nothing": [],
  "layers": 3
}
`;

test("nothing changed is every character", () => {
  expect(edit(config, (all) => all)).toBe(config);
  const windows = `\ufeff${config.replace(/\n/g, "\r\n")}`;
  expect(editJsonText(windows, parse(windows), parse(windows))).toBe(windows);
});

test("a value is replaced where it stands", () => {
  expect(edit(config, (all) => ({ ...all, layers: 2 }))).toBe(config.replace('"layers": 3', '"layers": 2'));
  expect(edit(config, (all) => ({ ...all, big: 7, none: 0 }))).toBe(
    config.replace("12345678901234567890", "7").replace('"none": NaN', '"none": 0'),
  );
  expect(edit(config, (all) => ({ ...all, scale: -Infinity }))).toBe(
    config.replace('"scale": Infinity', '"scale": -Infinity'),
  );
});

test("inside an object, the others stay", () => {
  const changed = edit(config, (all) => ({ ...all, rope: { factor: 32, list: [1, 3], more: true } }));
  expect(changed).toBe(config.replace("[1.0, 2.50, 3.0e0]", '[1.0, 3.0e0], "more": true'));
});

test("a list without some of its elements keeps the characters of the others", () => {
  expect(edit(config, (all) => ({ ...all, layer_types: ["a", "c"] }))).toBe(config.replace('    "b",\n', ""));
  expect(edit(config, (all) => ({ ...all, layer_types: ["a", "b"] }))).toBe(config.replace('"b",\n    "c"', '"b"'));
  expect(edit(config, (all) => ({ ...all, layer_types: [] }))).toBe(
    config.replace(/"layer_types": \[[^\]]*\]/, '"layer_types": []'),
  );
  expect(edit(config, (all) => ({ ...all, nothing: ["x"] }))).toBe(
    config.replace('"nothing": []', '"nothing": [\n    "x"\n  ]'),
  );
});

test("keys go, the first, the last and all", () => {
  const without = (...keys: string[]) =>
    edit(config, (all) => Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key))));
  expect(without("attention_dropout")).toBe(config.replace('  "attention_dropout": 0.0,\n', ""));
  expect(without("layers")).toBe(config.replace(',\n  "layers": 3', ""));
  expect(without(...Object.keys(parse(config)))).toBe("{}\n");
  expect(edit(config, (all) => ({ ...all, layers: undefined }))).toBe(without("layers"));
});

test("keys come last, with the white space of the first", () => {
  const added = edit(config, (all) => ({ ...all, quantization_config: { bits: 4, groups: [] } }));
  expect(added).toBe(
    config.replace(
      '"layers": 3\n',
      '"layers": 3,\n  "quantization_config": {\n    "bits": 4,\n    "groups": []\n  }\n',
    ),
  );
  expect(edit("{}", () => ({ a: 1 }))).toBe('{\n  "a": 1\n}');
  expect(edit('{"a":1.0}', (all) => ({ ...all, b: 2 }))).toBe('{"a":1.0,"b": 2}');
});

test("of a key that comes twice the last one counts, and both go together", () => {
  const twice = '{"a": 1.0, "b": 2.0, "a": 3.0}';
  expect(edit(twice, (all) => all)).toBe(twice);
  expect(edit(twice, () => ({ b: 2 }))).toBe('{ "b": 2.0}');
  expect(parse(edit(twice, (all) => ({ ...all, a: 5 })))).toEqual({ a: 5, b: 2 });
});

test("what is written reads back, whatever is changed", () => {
  const values: unknown[] = [
    0,
    -1.5,
    1e300,
    NaN,
    Infinity,
    "t\n\u2028",
    null,
    true,
    [],
    {},
    [1, [2]],
    { x: { y: [] } },
  ];
  for (const first of values)
    for (const second of values) {
      const text = jsonText({ a: first, b: 1 });
      expect(parse(text)).toEqual({ a: first, b: 1 });
      expect(parse(editJsonText(text, parse(text), { a: second, c: first }))).toEqual({ a: second, c: first });
    }
});

test("values are the same JSON, or not", () => {
  expect(isSame({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] })).toBe(true);
  for (const other of [{ a: [1] }, { a: [1, { b: 0 }] }, { a: [1, { b: NaN, c: 1 }] }, { b: 1 }, [], null, 1])
    expect(isSame({ a: [1, { b: NaN }] }, other)).toBe(false);
  expect([isSame(0, -0), isSame([], {}), isSame([1], [2])]).toEqual([false, false, false]);
});
