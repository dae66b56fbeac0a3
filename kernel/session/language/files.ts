/** The file system as the type checker sees it: the real one, the packages of packages.ts, and the ambient declarations.
 *  Nothing is watched by the operating system; `changed()` compares time stamps of the user's own files before a cell. */
import fs from "node:fs";
import type TS from "typescript";
import { ambientDeclarations } from "./ambient";
import { holdsGivenPackages, realPath } from "./packages";

/** The path under which the checker finds the ambient declarations. */
export const ambientFile = "/node_modules/@codebook/cells/index.d.ts";

type WatchCallback = (file: string, kind: TS.FileWatcherEventKind) => void;

/** Size and time of a file, as one word; "" when it is not there. */
export function stamp(file: string): string {
  const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.mtimeNs}:${found.size}:${found.ino}`;
}

/** Adds to tfjs's declarations the import by which our layers are layers of tfjs to the compiler; kernel/train/types.ts says why they are
 *  apart. */
function withOurTypes(file: string, text: string | undefined): string | undefined {
  const ours = text !== undefined && file.endsWith("/@tensorflow/tfjs/dist/index.d.ts");
  return ours ? `${text}\nimport "codebook/lib/kernel/train";\n` : text;
}

/** The file system of a session's checker. */
export class CellFiles {
  readonly sys: TS.System;
  private readonly watched = new Map<string, { stamp: string; callbacks: Set<WatchCallback> }>();

  constructor(ts: typeof TS, cwd: string) {
    const base = ts.sys;
    const sys = Object.create(base) as TS.System;
    sys.getCurrentDirectory = () => cwd;
    sys.fileExists = (file) => file === ambientFile || base.fileExists(realPath(file));
    sys.readFile = (file, encoding) =>
      file === ambientFile ? ambientDeclarations : withOurTypes(file, base.readFile(realPath(file), encoding));
    sys.directoryExists = (folder) => holdsGivenPackages(folder) || base.directoryExists(realPath(folder));
    sys.getDirectories = (folder) => base.getDirectories(realPath(folder));
    sys.realpath = (file) => base.realpath?.(realPath(file)) ?? realPath(file);
    sys.watchFile = (file, callback) => this.watch(file, callback);
    sys.watchDirectory = () => ({ close: () => undefined });
    this.sys = sys;
  }

  private watch(file: string, callback: WatchCallback): TS.FileWatcher {
    if (file.includes("/node_modules/") || !file.startsWith("/") === !/^[A-Za-z]:/.test(file))
      return { close: () => undefined };
    const entry = this.watched.get(file) ?? { stamp: stamp(file), callbacks: new Set() };
    entry.callbacks.add(callback);
    this.watched.set(file, entry);
    return {
      close: () => {
        entry.callbacks.delete(callback);
        if (entry.callbacks.size === 0) this.watched.delete(file);
      },
    };
  }

  /** Tells the compiler of every watched file that changed since the last call. */
  notifyChanges(ts: typeof TS): void {
    for (const [file, entry] of [...this.watched]) {
      const now = stamp(file);
      if (now === entry.stamp) continue;
      const kind = ts.FileWatcherEventKind;
      const event = now === "" ? kind.Deleted : entry.stamp === "" ? kind.Created : kind.Changed;
      entry.stamp = now;
      for (const callback of [...entry.callbacks]) callback(file, event);
    }
  }
}
