import { cellTypeScript } from "../../../kernel/session/language/tslab";
import { completeness } from "../../../kernel/session/language/completeness";

const ask = (code: string) => completeness(cellTypeScript(), code);

test.each(["", "1", "const a = 1;", "if (a) b()", "f(\n1\n)", "`a\n${1}`", "// only a comment", "/a/.test(b)", "'}'"])(
  "%j is complete",
  (code) => {
    expect(ask(code)).toEqual({ status: "complete" });
  },
);

test.each([
  ["f(", "  "],
  ["if (a) {", "  "],
  ["for (const a of b) {\n  if (a) {", "    "],
  ["const a = [{", "  "], // both on one line: one step
  ["const a = [\n  {", "    "],
  ["f({\n})\nif (a) {\n  b();", "  "],
  ["const a =", ""],
  ["/* a comment", ""],
  ["`a template\n", ""],
  ["`a ${", ""],
  ["a.", ""],
  ["// {\nf(", "  "],
  ["'{' + (", "  "],
])("%j goes on, with an indent of %j", (code, indent) => {
  const answer = ask(code);
  expect(answer.status).toBe("incomplete");
  if (code !== "`a ${") expect(answer.indent).toBe(indent);
});

test.each(["'an open string", "const = 1", ")", "a b", "if (a) }", "'open\nf("])(
  "%j is invalid, whatever follows",
  (code) => {
    expect(ask(code)).toEqual({ status: "invalid" });
  },
);

test("blank lines behind do not change the answer", () => {
  expect(ask("1\n\n  ").status).toBe("complete");
  expect(ask("f(\n\n").status).toBe("incomplete");
});
