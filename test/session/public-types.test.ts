/** Our published declarations, read by the compiler of the cells (TypeScript 5.0, Node10 resolution) from an empty folder. */
import type TS from "typescript";
import { Compiler } from "../../kernel/session/language/compiler";
import { Notebook } from "./notebook";

test.each([
  ["codebook", "index"],
  ["codebook/methods", "methods"],
])("every export of %s resolves, and none is any", (module, name) => {
  const compiler = new Compiler("/");
  try {
    const converted = compiler.convert("", `import * as codebook from "${module}";\ncodebook;`);
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
  } finally {
    notebook.close();
  }
});
