/** The file system as the type checker sees it: the real one, the packages of packages.ts, the ambient declarations, and the texts of cells.
 *  Nothing is watched by the operating system: a file's version is its time stamp. */
import fs from "node:fs";
import type TS from "typescript";
import { ambientDeclarations } from "./ambient";
import { holdsGivenPackages, kernelRoot, realPath } from "./packages";

/** The path under which the checker finds the ambient declarations. */
export const ambientFile = "/node_modules/@codebook/cells/index.d.ts";

const library = `${kernelRoot.replaceAll("\\", "/")}/lib/`;

/** Size and time of a file, as one word; "" when it is not there. */
export function stamp(file: string): string {
  const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.mtimeNs}:${found.size}:${found.ino}`;
}

/** Adds to tfjs's declarations the import by which our layers are layers of tfjs to the compiler; kernel/train/types.ts says why they are
 *  apart. What a server answered is of any type, as in a browser's declarations: Node's say `unknown`, and no cell reads JSON without a cast. */
function withOurTypes(file: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (file.endsWith("/@tensorflow/tfjs/dist/index.d.ts")) return `${text}\nimport "${library}kernel/train";\n`;
  if (file.endsWith("/undici-types/fetch.d.ts"))
    return text.replace("json: () => Promise<unknown>", "json: () => Promise<any>    ");
  return text;
}

/** The file system of a session's checker. */
export class CellFiles {
  readonly sys: TS.System;
  private readonly virtual = new Map<string, { text: string; version: string }>([
    [ambientFile, { text: ambientDeclarations, version: "1" }],
  ]);
  private versions = 0;

  constructor(ts: typeof TS, cwd: string) {
    const base = ts.sys;
    const sys = Object.create(base) as TS.System;
    sys.newLine = "\n";
    sys.getCurrentDirectory = () => cwd;
    sys.fileExists = (file) => this.virtual.has(file) || base.fileExists(realPath(file));
    sys.readFile = (file, encoding) =>
      this.virtual.get(file)?.text ?? withOurTypes(file, base.readFile(realPath(file), encoding));
    sys.directoryExists = (folder) => holdsGivenPackages(folder) || base.directoryExists(realPath(folder));
    sys.getDirectories = (folder) => base.getDirectories(realPath(folder));
    sys.realpath = (file) => (this.virtual.has(file) ? file : (base.realpath?.(realPath(file)) ?? realPath(file)));
    this.sys = sys;
  }

  /** Sets the text of a file that lies on no disk. Says whether that changed anything. */
  write(file: string, text: string): boolean {
    if (this.virtual.get(file)?.text === text) return false;
    this.virtual.set(file, { text, version: `virtual ${++this.versions}` });
    return true;
  }

  remove(file: string): void {
    this.virtual.delete(file);
  }

  /** A word that differs whenever the text does. Installed packages count as unchanged. */
  version(file: string): string {
    const { version } = this.virtual.get(file) ?? {};
    return version ?? (isOwn(file) ? stamp(file) : "1");
  }
}

/** True for a file of the user's own, which may change while the session runs. */
export function isOwn(file: string): boolean {
  return !file.includes("/node_modules/") && !file.startsWith(library);
}
