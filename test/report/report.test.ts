import fc from "fast-check";
import { checkReport } from "../../kernel/report/report";
import type { Report } from "../../kernel/report/types";
import { validate } from "../../kernel/report/validate";
import { payloadReport } from "../extension/payloads";
import { deepReport, losslessReport, miniLmReport, smallReport } from "../fixtures/report/reports";

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const check = (data: unknown) => validate(data, { report: checkReport });

/** A copy of the small report with one place changed; `path` as in the sentences. */
function broken(path: string, value: unknown): unknown {
  const copy = plain(smallReport()) as Record<string, unknown>;
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  let at: Record<string, unknown> = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = keys[keys.length - 1];
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

test.each([smallReport, miniLmReport, deepReport, losslessReport])(
  "%p passes, unchanged but for the recipe",
  (make) => {
    const report = plain(make()) as Report;
    const checked = check(report);
    expect(checked).toEqual({
      ok: true,
      view: { ...report, variants: report.variants.map((v) => ({ ...v, recipe: null })) },
    });
  },
);

test("names are taken as they are", () => {
  const report = payloadReport(3);
  const checked = check(plain(report));
  expect(checked.ok && checked.view.layers.map(({ name }) => name)).toEqual(report.layers.map(({ name }) => name));
});

test.each<[string, unknown, string]>([
  ["model", null, "its model is not an object"],
  ["model.name", 7, "its model.name is not text"],
  ["model.bytes", -1, "its model.bytes is negative"],
  ["model.parameters", 1.5, "its model.parameters is not a whole number"],
  ["layers", {}, "its layers is not a list"],
  ["layers[2].name", undefined, "its layers[2].name is missing"],
  ["layers[0].shape[1]", "64", "its layers[0].shape[1] is not a finite number"],
  ["layers[0].shape[1]", -3, "its layers[0].shape[1] is below 0"],
  ["layers[0].variants", [], "its layers[0].variants holds 0 where the report has 2"],
  ["layers[1].variants[0].sparsity", 1.01, "its layers[1].variants[0].sparsity is above 1"],
  ["layers[1].variants[0].sqnrDb", "∞", "its layers[1].variants[0].sqnrDb is not a finite number"],
  ["layers[1].variants[0].rootMeanSquareError", -1, "its layers[1].variants[0].rootMeanSquareError is negative"],
  [
    "layers[1].variants[0].levels",
    Array(257).fill(0),
    "its layers[1].variants[0].levels holds 257 entries; at most 256 are drawn",
  ],
  ["layers[0].histogram.maximum", -9, "its layers[0].histogram ends before it begins"],
  ["layers[0].histogram.counts", "many", "its layers[0].histogram.counts is not a list"],
  ["variants[0].touched", [], "its variants[0].touched is not an object"],
])("%s = %p is refused: %s", (path, value, sentence) => {
  expect(check(broken(path, value))).toEqual({
    ok: false,
    reason: "malformed",
    sentence: `This figure cannot be drawn: ${sentence}.`,
  });
});

test("one place of a good report replaced by anything: drawn or refused, never thrown", () => {
  const text = JSON.stringify(smallReport());
  const places = [...text.matchAll(/:(-?[0-9.e-]+|"[^"]*"|null)/g)].map((match) => match.index + 1);
  const outcomes = { drawn: 0, malformed: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
      const end = text.slice(place).search(/[,}\]]/) + place;
      const changed: unknown = JSON.parse(text.slice(0, place) + JSON.stringify(value) + text.slice(end));
      const checked = check(changed);
      if (checked.ok) outcomes.drawn++;
      else if (checked.reason === "malformed") {
        outcomes.malformed++;
        expect(checked.sentence).toMatch(/^This figure cannot be drawn: its/);
      } else expect(checked.sentence).toMatch(/^This figure was made by/);
    }),
    { seed: 20261124, numRuns: 2000 },
  );
  expect(Math.min(outcomes.drawn, outcomes.malformed)).toBeGreaterThan(100);
});

const leftAlone = {
  tensors: 2,
  parameters: 40,
  groups: [
    {
      role: "buffer",
      reason: "a mask",
      tensors: 2,
      parameters: 40,
      names: ["a.mask", "b.mask"],
      pattern: "{a,b}.mask",
    },
  ],
};

test("what was left alone passes unchanged, and a wrong part of it is named", () => {
  const view = { ...(plain(smallReport()) as Report), leftAlone };
  const checked = check(view);
  expect(checked.ok && checked.view.leftAlone).toEqual(leftAlone);
  const broken = { ...view, leftAlone: { ...leftAlone, groups: [{ ...leftAlone.groups[0], names: [3] }] } };
  expect(check(broken)).toMatchObject({ ok: false, sentence: expect.stringContaining("leftAlone.groups[0].names[0]") });
});
