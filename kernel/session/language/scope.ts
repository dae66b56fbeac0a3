/** The names that cells share. A cell's variables are local to its function; each is published as a getter and a setter,
 *  and later cells reach it through the handle of its name. A later declaration of the name takes the handle over, so that
 *  a function of an earlier cell calls what the name means now. */
export class Handle {
  get: () => unknown = () => undefined;
  set: (value: unknown) => void = () => undefined;

  get value(): unknown {
    return this.get();
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
    const handle = new Handle();
    this.handles.set(name, handle);
    return handle;
  }

  /** Whether a cell has declared the name. */
  has(name: string): boolean {
    return this.handles.has(name);
  }

  /** The names that have a value now, in the order in which they came, with their values. */
  values(): [string, unknown][] {
    const found: [string, unknown][] = [];
    for (const [name, handle] of this.handles) {
      try {
        const { value } = handle;
        if (value !== undefined) found.push([name, value]);
      } catch {
        // A name whose cell ended before it was set has no value.
      }
    }
    return found;
  }

  /** Gives the names of a cell to the cells after it. For a cell that ended early, `takeBack` of the result removes the names that it did not
   *  come to initialise. */
  publish(names: Publication): { initialised: () => boolean; takeBack: () => void } {
    const before = new Map<string, Pick<Handle, "get" | "set"> | undefined>();
    for (const [name, [get, set]] of Object.entries(names)) {
      const known = this.handles.get(name);
      before.set(name, known && { get: known.get, set: known.set });
      const handle = this.handle(name);
      handle.get = get;
      handle.set = set ?? refuse;
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
