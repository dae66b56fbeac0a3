import { mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cellTypeScript } from "../../../kernel/session/language/tslab";
import { ambientDeclarations } from "../../../kernel/session/language/ambient";
import { ambientFile, CellFiles, stamp } from "../../../kernel/session/language/files";
import { kernelRoot } from "../../../kernel/session/language/packages";

const ts = cellTypeScript();
let folder: string;
beforeEach(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), "files-")))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the stamp of a file changes with its content, and is empty without a file", () => {
  const file = join(folder, "a.ts");
  expect(stamp(file)).toBe("");
  writeFileSync(file, "1");
  const first = stamp(file);
  writeFileSync(file, "12");
  expect(first).not.toBe("");
  expect(stamp(file)).not.toBe(first);
});

test("the stamp tells a change of a microsecond, and another file of the same size and time", () => {
  const [file, other] = [join(folder, "a.ts"), join(folder, "b.ts")];
  for (const one of [file, other]) {
    writeFileSync(one, "1");
    utimesSync(one, 1, 1.000001);
  }
  const first = stamp(file);
  expect(stamp(other)).not.toBe(first);
  utimesSync(file, 1, 1.000002);
  expect(stamp(file)).not.toBe(first);
  utimesSync(file, 1, 1.000001);
  expect(stamp(file)).toBe(first);
});

describe("the file system that the checker sees", () => {
  test("has the ambient declarations, the given packages, and the real files", () => {
    const { sys } = new CellFiles(ts, folder);
    writeFileSync(join(folder, "a.ts"), "const a = 1;");
    expect(sys.getCurrentDirectory()).toBe(folder);
    expect([sys.fileExists(ambientFile), sys.readFile(ambientFile)]).toEqual([true, ambientDeclarations]);
    expect(sys.readFile(join(folder, "a.ts"))).toBe("const a = 1;");
    expect(sys.fileExists(join(folder, "b.ts"))).toBe(false);
    expect(sys.directoryExists("/node_modules")).toBe(true);
    expect(sys.fileExists("/node_modules/codebook/package.json")).toBe(true);
  });

  test("adds our layers to the declarations of tfjs", () => {
    const { sys } = new CellFiles(ts, folder);
    expect(sys.readFile("/node_modules/@tensorflow/tfjs/dist/index.d.ts")).toMatch(
      /\nimport ".*\/lib\/kernel\/train";\n$/,
    );
  });

  test("shows what lies in the given packages, and where they really are", () => {
    const { sys } = new CellFiles(ts, folder);
    expect(sys.getDirectories("/node_modules/codebook")).toEqual(expect.arrayContaining(["lib", "node_modules"]));
    expect(sys.realpath?.("/node_modules/codebook/package.json")).toBe(realpathSync(join(kernelRoot, "package.json")));
    expect(sys.realpath?.(folder)).toBe(folder);
  });

  test("holds texts that lie on no disk", () => {
    const files = new CellFiles(ts, folder);
    const file = join(folder, "cell.ts");
    expect(files.write(file, "1")).toBe(true);
    const first = files.version(file);
    expect([files.sys.fileExists(file), files.sys.readFile(file), files.sys.realpath?.(file)]).toEqual([
      true,
      "1",
      file,
    ]);
    expect([files.write(file, "1"), files.version(file)]).toEqual([false, first]);
    expect(files.write(file, "2")).toBe(true);
    expect(files.version(file)).not.toBe(first);
    files.remove(file);
    expect([files.sys.fileExists(file), files.version(file)]).toEqual([false, ""]);
  });

  test("takes installed packages for unchanged, and looks at the user's own files", () => {
    const files = new CellFiles(ts, folder);
    const file = join(folder, "a.ts");
    writeFileSync(file, "1");
    const first = files.version(file);
    writeFileSync(file, "12");
    expect(files.version(file)).not.toBe(first);
    const [installed, library] = [join(folder, "node_modules/a.d.ts"), join(kernelRoot, "lib/kernel/index.d.ts")];
    expect([files.version(installed), files.version(library)]).toEqual(["1", "1"]);
  });

  test("says that what a server answers is of any type", () => {
    const { sys } = new CellFiles(ts, folder);
    const text = sys.readFile("/node_modules/undici-types/fetch.d.ts");
    expect(text).toContain("json: () => Promise<any>");
    expect(text).not.toContain("json: () => Promise<unknown>");
  });
});
