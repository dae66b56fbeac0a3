import { ambientDeclarations } from "../../../kernel/session/language/ambient";
import { cellTypeScript } from "../../../kernel/session/language/tslab";
import { installGlobals } from "../../../kernel/session/language/globals";
import { mainGlobal } from "../../../kernel/session/language/realm";

const ts = cellTypeScript();
const file = ts.createSourceFile("index.d.ts", ambientDeclarations, ts.ScriptTarget.ES2022, true);

test("every function that is declared has a value, and its documentation", () => {
  const before = new Set(Object.getOwnPropertyNames(mainGlobal));
  const remove = installGlobals(() => undefined);
  const declared = file.statements.filter(ts.isFunctionDeclaration).map((node) => node.name?.text ?? "");
  for (const name of declared) expect(typeof mainGlobal[name]).toBe("function");
  const added = Object.getOwnPropertyNames(mainGlobal).filter((name) => !before.has(name));
  expect([...new Set(declared)]).toEqual(expect.arrayContaining(added));
  remove();
  for (const name of new Set(declared)) {
    const documented = file.statements.filter(ts.isFunctionDeclaration).filter((node) => node.name?.text === name);
    expect([name, documented.some((node) => ts.getJSDocCommentsAndTags(node).length > 0)]).toEqual([name, true]);
  }
});

test("the declarations parse", () => {
  expect((file as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics).toEqual([]);
});
