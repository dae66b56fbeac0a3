import { reportToText } from "../../kernel/static/text";
import * as reports from "../fixtures/report/reports";
import { cases, expectGolden } from "./golden";

describe.each(cases)("%s", (name, make) => {
  test("gives the committed bytes, and the same on repeat", () => {
    const once = reportToText(make());
    expect(reportToText(make())).toBe(once);
    expectGolden(`${name}.txt`, once);
  });

  test("lists every layer when asked", () => {
    const text = reportToText(make(), { all: true });
    for (const layer of make().layers) if (layer.name.length < 56) expect(text).toContain(layer.name);
  });
});

test("the text names totals first, then the worst five, then rows", () => {
  const lines = reportToText(reports.miniLmReport()).split("\n");
  expect(lines[0]).toBe("all-MiniLM-L6-v2 · 22.7 M parameters · 86.6 MiB · safetensors");
  expect(lines[2]).toMatch(/^variant +size +of original +bits\/weight/);
  expect(lines.indexOf("Worst layers:")).toBe(8);
  expect(lines[9]).toMatch(/^ {2}encoder\.layer\.0\.output\.dense\.weight \d+\.\d dB \(sorted 4-bit\)$/);
  const table = lines.slice(lines.findIndex((line) => line.startsWith("layer ")));
  expect(table).toHaveLength(40);
  expect(new Set(table.map((line) => line.indexOf("│"))).size).toBe(1);
});

test("a deep model is shortened in the middle, and the line says how to see the rest", () => {
  const text = reportToText(reports.deepReport());
  expect(text).toContain("… 240 more layers; reportToMarkdown(report) and reportToCsv(report) list all 300 …");
  expect(text.split("\n").length).toBeLessThan(90);
  expect(reportToText(reports.deepReport(), { all: true })).not.toContain("more layers");
});

test("nothing lost is ∞, a layer that a variant lacks is a dash, no layer at all a sentence", () => {
  const text = reportToText(reports.losslessReport());
  expect(text).toMatch(/query\.weight .*∞/);
  expect(text).toMatch(/key\.weight .*– +– +–/);
  expect(text).toMatch(/value\.weight .*−400\.0/);
  expect(reportToText({ ...reports.smallReport(), layers: [] })).toContain("No layer lost anything.");
});

test("invisible characters are written out", () => {
  const text = reportToText(reports.hostileReport());
  expect(text).not.toMatch(/[\u0000\u202e]/);
  expect(text).toContain("\\u{202e}\\u{0}\\u{a}");
});

test("what was left alone stands behind the worst layers, with what takes it", () => {
  const group = {
    role: "buffer",
    reason: "<i>a mask</i>",
    tensors: 1,
    parameters: 4,
    names: ["a.<b>mask"],
    pattern: "a.<b>mask",
  };
  const report = { ...reports.smallReport(), leftAlone: { tensors: 1, parameters: 4, groups: [group] } };
  const text = reportToText(report);
  expect(text).toContain("Left alone: 1 tensor, 4 parameters, because it is no weight of a layer.");
  expect(text).toContain("buffer (<i>a mask</i>): 1 tensor, 4 parameters: a.<b>mask; only: a.<b>mask takes it");
});
