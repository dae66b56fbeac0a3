import { mkdtempSync, realpathSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cellTypeScript } from "../../../kernel/session/language/tslab";
import { ambientDeclarations } from "../../../kernel/session/language/ambient";
import { ambientFile, CellFiles, stamp } from "../../../kernel/session/language/files";

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

  test("does not watch installed packages", () => {
    const files = new CellFiles(ts, folder);
    const seen: string[] = [];
    const file = join(folder, "node_modules", "a.ts");
    files.sys.watchFile?.(file, (name) => seen.push(name));
    files.notifyChanges(ts);
    expect(seen).toEqual([]);
  });
});
