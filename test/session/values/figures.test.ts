import { elementForms, plotlyForms, specificationForms } from "../../../kernel/session/values/figures";

const schema = (name: string) => `https://vega.github.io/schema/${name}.json`;

test("specifications of Vega go out under the version that they state", () => {
  const spec = { $schema: schema("vega-lite/v5.20.1"), mark: "bar" };
  expect(specificationForms({ toSpec: () => spec })).toMatchObject({ "application/vnd.vegalite.v5+json": spec });
  expect(specificationForms(spec)).toHaveProperty(["application/vnd.vegalite.v5+json"]);
  expect(Object.keys(specificationForms({ $schema: schema("vega/v6") }) ?? {})).toEqual([
    "application/vnd.vega.v6+json",
    "application/vnd.vega.v5+json",
    "text/plain",
  ]);
  for (const none of [{}, { $schema: 5 }, { $schema: "https://json-schema.org/draft-07" }, { toSpec: () => 5 }, []])
    expect(specificationForms(none)).toBeUndefined();
});

test("a plotly figure is one by its traces and its layout, its arrays as lists", () => {
  const forms = plotlyForms({ data: [{ x: new Float32Array([1, NaN]), y: [2n, 3] }], layout: {}, config: { a: 1 } });
  expect(forms).toEqual({
    "application/vnd.plotly.v1+json": { data: [{ x: [1, null], y: [2, 3] }], layout: {}, config: { a: 1 } },
    "text/plain": "plotly figure: 1 trace (scatter)",
  });
  for (const none of [
    { data: [], layout: {} },
    { data: [{ a: 1 }], layout: {} },
    { data: [{ type: "bar" }] },
    { data: [{ type: "bar" }], layout: 5 },
    { data: [{ type: "bar" }], layout: {}, other: 1 },
    { data: { type: "bar" }, layout: {} },
  ])
    expect(plotlyForms(none)).toBeUndefined();
});

test("an element is its markup, whatever class it is of", () => {
  class Element {
    get outerHTML(): string {
      return "<svg></svg>";
    }
  }
  expect(elementForms(new Element())).toEqual({ "text/html": "<svg></svg>", "text/plain": "<svg></svg>" });
  for (const none of [{ outerHTML: 5 }, { outerHTML: "text" }, {}, "<b>"]) expect(elementForms(none)).toBeUndefined();
});
