import { OptionError, reportToCsv, reportToMarkdown, reportToSvg, reportToText } from "../../kernel";
import { reportGiven, wholeReport } from "../../kernel/static/whole-report";
import { reportToHtml } from "../../kernel/static/html";
import type { Report } from "../../kernel/report/types";
import { losslessReport } from "../fixtures/report/reports";

const ways: Readonly<Record<string, (report: Report) => string>> = {
  ...{ reportToCsv, reportToHtml, reportToMarkdown, reportToSvg, reportToText },
};

describe.each(Object.keys(ways))("%s", (name) => {
  const write = (value: unknown): string => ways[name](value as Report);

  test("takes a report, also one that was JSON", () => {
    expect(write(JSON.parse(JSON.stringify(losslessReport())))).toBe(write(losslessReport()));
  });

  test.each<[string, unknown, string]>([
    ["a number", 3, "it takes a report, such as small.report, and was given 3"],
    ["nothing", undefined, "it takes a report, such as small.report, and was given undefined"],
    ["a promise", Promise.resolve(losslessReport()), "a promise; await it first"],
    ["a model that has one", { report: losslessReport() }, "it has a report: give that, model.report"],
    ["one of the future", { ...losslessReport(), version: 99 }, "the report has version 99; it takes versions 1 to"],
    ["one without layers", { ...losslessReport(), layers: undefined }, "no whole report: its layers is missing"],
  ])("refuses %s", (_, value, says) => {
    expect(() => write(value)).toThrow(OptionError);
    expect(() => write(value)).toThrow(`${name}(): `);
    expect(() => write(value)).toThrow(says);
  });
});

test("gives back the very report", () => {
  const report = losslessReport();
  expect(reportGiven("f", report)).toBe(report);
  expect(wholeReport('compare(): "a"', report)).toBe(report);
  expect(() => wholeReport('compare(): "a"', { ...report, variants: 3 })).toThrow('compare(): "a" is no whole report');
});
