import { mkdtempSync, realpathSync, rmSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
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
      /\nimport "codebook\/lib\/kernel\/train";\n$/,
    );
  });

  test("tells of files that came, changed and went, once each, while they are watched", () => {
    const files = new CellFiles(ts, folder);
    const file = join(folder, "a.ts");
    const seen: number[] = [];
    const watcher = files.sys.watchFile?.(file, (_, kind) => seen.push(kind));
    const { Created, Changed, Deleted } = ts.FileWatcherEventKind;
    files.notifyChanges(ts);
    writeFileSync(file, "1");
    files.notifyChanges(ts);
    files.notifyChanges(ts);
    writeFileSync(file, "12");
    files.notifyChanges(ts);
    unlinkSync(file);
    files.notifyChanges(ts);
    expect(seen).toEqual([Created, Changed, Deleted]);
    watcher?.close();
    writeFileSync(file, "123");
    files.notifyChanges(ts);
    expect(seen.length).toBe(3);
  });

  test("shows what lies in the given packages, and where they really are", () => {
    const { sys } = new CellFiles(ts, folder);
    expect(sys.getDirectories("/node_modules/codebook")).toEqual(expect.arrayContaining(["lib", "node_modules"]));
    expect(sys.realpath?.("/node_modules/codebook/package.json")).toBe(realpathSync(join(kernelRoot, "package.json")));
    expect(sys.realpath?.(folder)).toBe(folder);
    sys.watchDirectory?.(folder, () => undefined).close();
  });

  test("tells everybody who watches a file, those who still do, and begins anew for who comes later", () => {
    const files = new CellFiles(ts, folder);
    const file = join(folder, "a.ts");
    const seen: string[] = [];
    const watch = (name: string) => files.sys.watchFile?.(file, (changed) => seen.push(`${name} ${changed}`));
    const [one, two] = [watch("one"), watch("two")];
    writeFileSync(file, "1");
    files.notifyChanges(ts);
    one?.close();
    writeFileSync(file, "12");
    files.notifyChanges(ts);
    two?.close();
    writeFileSync(file, "123");
    watch("three");
    files.notifyChanges(ts);
    expect(seen).toEqual([`one ${file}`, `two ${file}`, `two ${file}`]);
  });

  test("does not watch installed packages", () => {
    const files = new CellFiles(ts, folder);
    const seen: string[] = [];
    const file = join(folder, "node_modules", "a.ts");
    files.sys.watchFile?.(file, (name) => seen.push(name));
    files.notifyChanges(ts);
    expect(seen).toEqual([]);
  });
});
