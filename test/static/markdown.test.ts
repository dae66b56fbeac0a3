import { markdownCode, reportToMarkdown } from "../../kernel/static/markdown";
import { hostileReport, smallReport } from "../fixtures/report/reports";
import { cases, expectGolden } from "./golden";

describe.each(cases)("%s", (name, make) => {
  test("gives the committed bytes, and the same on repeat", () => {
    const once = reportToMarkdown(make());
    expect(reportToMarkdown(make())).toBe(once);
    expectGolden(`${name}.md`, once);
  });
});

test("names stand in code, where neither markup nor mathematics is read, and invisible characters are written out", () => {
  const markdown = reportToMarkdown(hostileReport());
  expect(markdown.replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "")).not.toMatch(/[$<]/);
  expect(markdown).not.toMatch(/[\u0000\u202e]/);
});

test("a code span is fenced by more backticks than its name holds", () => {
  expect(["plain", "a`b", "``", "", "`x"].map(markdownCode)).toEqual([
    "`plain`",
    "``a`b``",
    "``` `` ```",
    "`  `",
    "`` `x ``",
  ]);
});

test("what was left alone is a list, its names code", () => {
  const group = {
    role: "buffer",
    reason: "<i>a mask</i>",
    tensors: 1,
    parameters: 4,
    names: ["a.<b>mask"],
    pattern: "a.<b>mask",
  };
  const report = { ...smallReport(), leftAlone: { tensors: 1, parameters: 4, groups: [group] } };
  expect(reportToMarkdown(report)).toContain(
    "- `buffer` (`<i>a mask</i>`): 1 tensor, 4 parameters: `a.<b>mask`; only: `a.<b>mask` takes it",
  );
});
