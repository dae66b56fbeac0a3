/** The names that cells share. A cell's variables are local to its function; each is published as a getter and a setter,
 *  and later cells reach it through the handle of its name. A later declaration of the name takes the handle over, so that
 *  a function of an earlier cell calls what the name means now. */
import { mainGlobal } from "./realm";

export class Handle {
  get: () => unknown = () => undefined;
  set: (value: unknown) => void = () => undefined;
  /** The cell that declares it. */
  from = "";

  constructor(private readonly name = "") {}

  get value(): unknown {
    try {
      return this.get();
    } catch (error) {
      // Reading a variable throws for one reason: its cell did not come to set it.
      if (this.from === "" || !(error as Error).message.startsWith("Cannot access")) throw error;
      const text = `'${this.name}' has no value: ${this.from}, which declares it, stopped before that. Run it again.`;
      throw new (mainGlobal.ReferenceError as ReferenceErrorConstructor)(text);
    }
  }

  set value(next: unknown) {
    this.set(next);
  }
}

/** Name → [read, assign]; constants have no second. */
export type Publication = Record<string, readonly [() => unknown, ((value: unknown) => void)?]>;

const refuse = () => {
  throw new TypeError("Assignment to constant variable.");
};

/** The handles of a session, by name. */
export class Scope {
  private readonly handles = new Map<string, Handle>();

  handle(name: string): Handle {
    const found = this.handles.get(name);
    if (found !== undefined) return found;
    const handle = new Handle(name);
    // A cell may announce a name by `declare` that a later cell gives its value, or that is one of the process's own.
    handle.get = () => {
      if (!(name in mainGlobal)) throw new (mainGlobal.ReferenceError as ErrorConstructor)(`${name} is not defined`);
      return mainGlobal[name];
    };
    this.handles.set(name, handle);
    return handle;
  }

  /** An object whose properties are the names: what `eval` sees around a cell. */
  asObject(): object {
    const names = Object.create(null) as object;
    for (const [name, handle] of this.handles)
      Object.defineProperty(names, name, {
        get: () => handle.value,
        set: (value: unknown) => (handle.value = value),
      });
    return names;
  }

  /** The names that cells have given. */
  names(): string[] {
    return [...this.handles.keys()];
  }

  /** Whether a cell has declared the name. */
  has(name: string): boolean {
    return this.handles.has(name);
  }

  /** The value of a name, or undefined where it has none yet. */
  peek(name: string): unknown {
    try {
      return this.handles.get(name)?.value;
    } catch {
      return undefined;
    }
  }

  /** The names that have a value now, in the order in which they came, with their values. */
  values(): [string, unknown][] {
    return this.names().flatMap((name): [string, unknown][] => {
      const value = this.peek(name);
      return value === undefined ? [] : [[name, value]];
    });
  }

  /** Gives the names of a cell to the cells after it. For a cell that ended early, `takeBack` of the result removes the names that it did not
   *  come to initialise. */
  publish(names: Publication, from = ""): { initialised: () => boolean; takeBack: () => void } {
    const before = new Map<string, Pick<Handle, "get" | "set" | "from"> | undefined>();
    for (const [name, [get, set]] of Object.entries(names)) {
      const known = this.handles.get(name);
      before.set(name, known && { get: known.get, set: known.set, from: known.from });
      const handle = this.handle(name);
      handle.get = get;
      handle.set = set ?? refuse;
      handle.from = from;
    }
    const isReady = (name: string) => {
      try {
        names[name]?.[0]();
        return true;
      } catch {
        return false;
      }
    };
    return {
      initialised: () => before.size === 0 || [...before.keys()].some(isReady),
      takeBack: () => {
        for (const [name, old] of before)
          if (old !== undefined && this.handles.get(name)?.get === names[name]?.[0] && !isReady(name))
            Object.assign(this.handle(name), old);
      },
    };
  }
}
