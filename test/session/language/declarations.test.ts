import ts from "typescript";
import { Declarations, isPage, pageFile } from "../../../kernel/session/language/declarations";

const after = (...cells: string[]) => cells.reduce((known, cell) => known.with(ts, cell), Declarations.none);
const texts = (declarations: Declarations) => declarations.pages.map(({ text }) => text.trim());

describe("the declarations that a cell sees", () => {
  test("stand on one page while no name comes twice, and the page exports them", () => {
    const found = after("declare let a: number;", "declare const b: string;\nexport { b };");
    expect(texts(found)).toEqual(["declare let a: number;\ndeclare const b: string;\nexport { a, b };"]);
  });

  test("of a name that is declared again: the earlier one goes, when nothing speaks of it", () => {
    const found = after("declare let a: number;", "declare let b: number;", "declare let a: string;");
    expect(texts(found)).toEqual(["declare let b: number;\ndeclare let a: string;\nexport { b, a };"]);
  });

  test("keep a hidden type while a value has it, on an earlier page, and drop it with the value", () => {
    const typed = after("interface P { a: number }", "declare const p: P;", "interface P { b: number }");
    expect(texts(typed)).toHaveLength(2);
    expect(texts(typed)[0]).toContain("interface P { a: number }");
    expect(texts(typed)[1]).toBe("interface P { b: number }\nexport { P };");
    const renewed = typed.with(ts, "declare const p: string;");
    expect(texts(renewed)).toEqual(["interface P { b: number }\ndeclare const p: string;\nexport { P, p };"]);
  });

  test("keep a type and a value of one name apart", () => {
    const found = after("interface A { a: 1 }", "declare const A: number;");
    expect(texts(found).join("\n")).toContain("interface A { a: 1 }");
    expect(texts(found).join("\n")).toContain("declare const A: number;");
  });

  test("keep a page of which another speaks by its file", () => {
    const found = after("interface P { a: 1 }", `interface P { b: 1 }\ndeclare const p: import("./${pageFile(1)}").P;`);
    expect(texts(found)[0]).toContain("interface P { a: 1 }");
  });

  test("do not grow when cells run again", () => {
    const cell = [
      "import { x } from 'm';",
      "interface P { a: number }",
      "declare const p: P;",
      "declare global { var g: 1 }",
    ];
    let found = after(...cell);
    const size = () => texts(found).join("\n").length;
    const once = size();
    for (let run = 0; run < 20; run++) for (const text of cell) found = found.with(ts, text);
    expect(size()).toBeLessThan(2 * once);
    expect(found.pages.length).toBeLessThanOrEqual(3);
  });

  test("leave full pages alone: a large literal is read once", () => {
    const large = `declare const large: { ${"a".repeat(20_000)}: number };`;
    const first = after("declare let a: number;", large);
    const then = first.with(ts, "declare let b: number;").with(ts, "declare let c: number;");
    expect(then.pages[0]).toBe(first.pages[0]);
    expect(then.pages).toHaveLength(2);
    const many = Array.from({ length: 2000 }, (_, index) => `declare let v${index}: number;`);
    const all = after(...many);
    expect(all.pages.length).toBeLessThanOrEqual(32);
    const next = all.with(ts, "declare let w: number;");
    expect(next.pages.slice(0, -1)).toEqual(all.pages.slice(0, next.pages.length - 1));
    expect(next.pages.filter((page, index) => page !== all.pages[index]).length).toBe(1);
  });

  test("are told from other files by the page's name", () => {
    expect(isPage(ts.createSourceFile(`/a/${pageFile(3)}.d.ts`, "", 99))).toBe(true);
    expect(isPage(ts.createSourceFile("/a/cells.d.ts", "", 99))).toBe(false);
  });

  test("hold each text of `declare module` once", () => {
    const text = 'declare module "m" { export const a: 1 }';
    const found = Declarations.none.withAmbient(`  ${text}`).withAmbient(text).withAmbient("");
    expect(found.ambient).toEqual([text]);
  });
});
