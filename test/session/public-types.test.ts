/** Our published declarations, read by the compiler of the cells from an empty folder. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type TS from "typescript";
import { Compiler } from "../../kernel/session/language/compiler";
import { Declarations } from "../../kernel/session/language/declarations";
import { Notebook } from "./notebook";

const modules = { codebook: "index", "codebook/methods": "methods" };

test.each(Object.entries(modules))("every export of %s resolves, and none is any", (module, name) => {
  const compiler = new Compiler("/");
  try {
    const converted = compiler.convert(Declarations.none, `import * as codebook from "${module}";\ncodebook;`);
    expect(converted).not.toHaveProperty("diagnostics");
    const program = compiler.currentProgram();
    const { ts } = compiler;
    const checker = program?.getTypeChecker();
    const file = program?.getSourceFiles().find(({ fileName }) => fileName.endsWith(`/lib/kernel/${name}.d.ts`));
    if (checker === undefined || file === undefined) throw new Error("the module's declarations were not read");
    const home = checker.getSymbolAtLocation(file);
    const names = home === undefined ? [] : checker.getExportsOfModule(home);
    expect(names.length).toBeGreaterThan(20);
    const typeOf = (symbol: TS.Symbol): TS.Type => {
      const whole = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return whole.flags & ts.SymbolFlags.Value
        ? checker.getTypeOfSymbolAtLocation(whole, file)
        : checker.getDeclaredTypeOfSymbol(whole);
    };
    const loose: string[] = [];
    for (const symbol of names) {
      const type = typeOf(symbol);
      const isAny = (one: TS.Type) => (one.flags & ts.TypeFlags.Any) !== 0;
      if (isAny(type)) loose.push(symbol.name);
      for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
        if (isAny(signature.getReturnType())) loose.push(`${symbol.name}() returns any`);
        for (const parameter of signature.getParameters())
          if (isAny(checker.getTypeOfSymbolAtLocation(parameter, file)))
            loose.push(`${symbol.name}(${parameter.name})`);
      }
    }
    expect(loose).toEqual([]);
  } finally {
    compiler.close();
  }
});

/** The names between the braces of a file's exports. */
function listed(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022);
  return source.statements.flatMap((one) =>
    ts.isExportDeclaration(one) && one.exportClause && ts.isNamedExports(one.exportClause)
      ? one.exportClause.elements.map(({ name }) => name.text)
      : [],
  );
}

test("the module's own names and options complete and explain themselves", async () => {
  const notebook = await Notebook.open();
  try {
    const complete = async (code: string) => (await notebook.language.complete(code, code.indexOf("|"))).matches;
    expect(await notebook.value('import { linear } from "codebook"; typeof linear')).toBe("'function'");
    const found = await notebook.language.complete("linear({ bi })", 11);
    expect(found.matches).toContain("bits");
    expect((await notebook.language.complete('import { lin } from "codebook"', 12)).matches).toContain("linear");
    const { data } = await notebook.language.inspect("linear", 3, 1);
    expect(data["text/plain"]).toMatch(/linear\(/);
    expect(data["text/plain"]).toMatch("Declared in codebook/quantize/linear.d.ts");
    expect(await complete("nothingLikeThis|")).toEqual([]);
    // What a cell may import is what the modules list, no more.
    for (const [module, file] of Object.entries(modules)) {
      const names = listed(join(__dirname, `../../kernel/${file}.d.ts`));
      const { matches } = await notebook.language.complete(`import {  } from "${module}"`, 9);
      expect([...matches].sort()).toEqual([...names, "type"].sort());
    }
    expect(await notebook.value('import type { LinearOptions } from "codebook"; 1')).toBe("1");
    const option = await notebook.language.inspect("linear({ bits: 4, group: 64 })", 19, 1);
    expect(option.data["text/plain"]).toMatch(/group along the row.*default 128/);
  } finally {
    notebook.close();
  }
});
