import type * as ChildProcessModule from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { descendants, processTable, signalAll } from "../transport/processes";
import { mainProcess } from "./language/realm";

type Call = (this: unknown, ...values: unknown[]) => unknown;
interface Spawnable {
  readonly pid?: number;
  once(event: "exit", listener: () => void): unknown;
}

/** What the children of cells need of their surroundings. */
export interface ChildSurroundings<Cell> {
  /** The cell that the running code belongs to. */
  cellOf(): Cell | undefined;
  /** Called around the wait for a child, with the pids of all others; `wait` returns when it has ended. Throws for an interrupt. */
  whileWaiting(others: readonly number[], wait: () => unknown): unknown;
}

/** Knows the children that cells start. An interrupt stops those of its cell, as Ctrl-C in a terminal does; detached ones are left alone. */
export class ChildProcesses<Cell> {
  readonly #living = new Map<Spawnable, Cell | undefined>();
  readonly #restore: (() => void)[] = [];

  constructor(private readonly around: ChildSurroundings<Cell>) {
    const module = (
      mainProcess as unknown as { getBuiltinModule(id: string): typeof ChildProcessModule }
    ).getBuiltinModule("node:child_process");
    this.#replace(module.ChildProcess.prototype as unknown as Record<string, Call>, "spawn", (spawn) =>
      this.#spawned(spawn),
    );
    for (const name of ["spawnSync", "execSync", "execFileSync"])
      this.#replace(module as unknown as Record<string, Call>, name, (original) => this.#waiting(original));
    syncBuiltinESMExports();
  }

  /** Asks the children of a cell to stop. */
  interrupt(cell: Cell): void {
    const own = [...this.#living].flatMap(([{ pid }, owner]) => (owner === cell && pid !== undefined ? pid : []));
    if (own.length === 0) return;
    const table = processTable();
    signalAll(
      own.flatMap((pid) => [pid, ...descendants(table, pid)]),
      "SIGINT",
    );
  }

  /** Takes back what was replaced. */
  close(): void {
    for (const restore of this.#restore.splice(0)) restore();
    syncBuiltinESMExports();
  }

  #spawned(spawn: Call): Call {
    const { around } = this;
    const living = this.#living;
    return function (this: unknown, ...values: unknown[]): unknown {
      const result = Reflect.apply(spawn, this, values);
      const child = this as Spawnable;
      const isDetached = (values[0] as { detached?: unknown } | undefined)?.detached === true;
      if (child.pid !== undefined && !isDetached) {
        living.set(child, around.cellOf());
        child.once("exit", () => living.delete(child));
      }
      return result;
    };
  }

  #waiting(original: Call): Call {
    const { around } = this;
    const living = this.#living;
    const waiting = function (this: unknown, ...values: unknown[]): unknown {
      const others = [...living.keys()].flatMap(({ pid }) => pid ?? []);
      return around.whileWaiting(others, () => Reflect.apply(original, this, values));
    };
    return Object.defineProperties(waiting, Object.getOwnPropertyDescriptors(original)) as Call;
  }

  #replace(target: Record<string, Call>, name: string, make: (original: Call) => Call): void {
    const original = target[name];
    target[name] = make(original);
    this.#restore.push(() => (target[name] = original));
  }
}
