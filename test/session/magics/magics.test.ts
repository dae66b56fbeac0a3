import { blankMagics, mayHaveMagics, translateMagics } from "../../../kernel/session/magics/magics";
import { cellTypeScript } from "../../../kernel/session/language/tslab";

const names = ["ready", "time", "f", "console"];
const translate = (code: string) => translateMagics(cellTypeScript(), code, (name) => names.includes(name));

test.each([
  ["%time f(x)", "$time(f(x))"],
  ["%time f(x);", "$time(f(x));"],
  ["%time await f(\n  x,\n)\nf(1)", "$time(await f(\n  x,\n))\nf(1)"],
  ["%time const y = f(x)", "$time;const y = f(x);$timed()"],
  ["f(1)\n%time f(2)\nf(3)", "f(1)\n$time(f(2))\nf(3)"],
  ["%who", "$who()"],
  ["7\n%who", "7\n$who()"],
  ["!npm install d3", 'await $shell("npm install d3");'],
  ["  !ls -la", '  await $shell("ls -la");'],
  ["!ls", 'await $shell("ls");'],
  ['!echo "a" | grep `b`', 'await $shell("echo \\"a\\" | grep `b`");'],
  ["const a = 1\n!git status\na", 'const a = 1\nawait $shell("git status");\na'],
  ["!echo 1\n!echo 2", 'await $shell("echo 1");\nawait $shell("echo 2");'],
])("%j becomes %j", (code, source) => {
  expect(translate(code)).toEqual({ source, timed: false });
});

test.each([
  ["!ready"],
  ["!ready && f()"],
  ["!(a || b)"],
  ["!!a"],
  ["const a = true\n!a"],
  ["!true"],
  ["10\n% 3"],
  ["10\n%time"],
  ["const s = `\n!ls\n%who\n`"],
  ["/*\n!ls\n%time x\n*/ 5"],
  ["f(\n!ready\n)"],
  ["const x = a != b"],
  [""],
])("%j stays what it is", (code) => {
  expect(translate(code)).toEqual({ source: code, timed: false });
});

test("every column of the reader's code stays where it was", () => {
  const code = "%time f(missing)";
  expect(translate(code).source.indexOf("missing")).toBe(code.indexOf("missing"));
});

test("%%time times the cell, whose lines stay where they were", () => {
  expect(translate("%%time\nlet a = 1\na")).toEqual({
    source: "      \nlet a = 1\na".replace(/^ +/, " ".repeat(6)),
    timed: true,
  });
  expect(translate("%%time").timed).toBe(true);
});

test.each([
  ["%timeit f()", "%timeit is a magic of IPython that this kernel does not have: %time f() measures one run"],
  [
    "%matplotlib inline",
    "%matplotlib is a magic of IPython that this kernel does not have: it has %time, %%time, %who and !command",
  ],
  [
    "%%bash\nls",
    "%%bash is a magic of IPython that this kernel does not have: a line that begins with ! goes to the shell",
  ],
  ["f()\n%%time", "%%time times a whole cell"],
  ["%time", "%time needs something to time"],
  ["%who int", "%who lists all names and takes nothing more"],
])("%j is answered by a sentence", (code, sentence) => {
  expect(() => translate(code.replace(/\btime$/, "time"))).toThrow(sentence);
});

test("the editor sees the code after a magic at its own place", () => {
  expect(blankMagics("%time model.rep")).toBe("      model.rep".replace(/^ {6}/, "     ").padStart(15));
  expect(blankMagics("a % b")).toBe("a % b");
  expect([mayHaveMagics("a % b"), mayHaveMagics("  %who"), mayHaveMagics("!=")]).toEqual([false, true, false]);
});
