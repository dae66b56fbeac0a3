import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import type { TransportLine } from "../transport/line";
import type { Cell } from "./cell";
import { watchTimers } from "./cell-timers";
import { ChildProcesses } from "./child-processes";
import type { Kernel } from "./kernel";
import { mainProcess } from "./language/realm";
import { explainLastEnd, watchMemory } from "./out-of-memory";
import { keepListeners } from "./own-listeners";

/** What surrounds the cells of a kernel's process: timers and children end with the cell that started them, writes beneath JavaScript keep their
 *  place among prints, memory that runs out is explained, the kernel's listeners stay. */
export interface Surroundings {
  /** For the kernel's options. */
  readonly hooks: {
    noteCell(executionCount: number, code: string): void;
    interrupted(cell: Cell): void;
  };
  /** Watches what the cells of `kernel` start. */
  attach(kernel: Kernel): void;
  /** Keeps the listeners that the process has now, whatever cells remove. */
  keepListeners(): void;
}

/** Prepares a process for cells; the kernel is attached once it is there. */
export function surroundCells(line: TransportLine, connectionFile: string): Surroundings {
  const lastEnd = explainLastEnd(connectionFile);
  const noteMemory = watchMemory(connectionFile);
  let children: ChildProcesses<Cell> | undefined;
  return {
    hooks: {
      noteCell: noteMemory,
      interrupted: (cell) => children?.interrupt(cell),
    },
    attach: (kernel) => {
      if (lastEnd !== undefined) kernel.sayBeforeNextCell(lastEnd);
      watchTimers(() => kernel.currentCell);
      children = new ChildProcesses<Cell>({
        cellOf: () => kernel.currentCell,
        whileWaiting: (others, wait) => {
          try {
            return line.whileWaiting(others, wait);
          } finally {
            kernel.throwIfInterrupted();
          }
        },
      });
      watchWrites(() => line.afterWriteBeneath());
    },
    keepListeners: () => keepListeners(mainProcess),
  };
}

/** Calls `written` after each `fs.writeSync` to a standard stream, which goes beneath the console. */
function watchWrites(written: () => void): void {
  const original = fs.writeSync as (...values: unknown[]) => number;
  const watched = (...values: unknown[]): number => {
    const count = original(...values);
    if (values[0] === 1 || values[0] === 2) written();
    return count;
  };
  fs.writeSync = watched as typeof fs.writeSync;
  syncBuiltinESMExports();
}
