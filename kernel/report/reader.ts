/** Reads untrusted JSON field by field: what it gives is whole and of the asked type, what is wrong is named with its place. Fields are
 *  copied, and those that nobody asks for are left behind (a newer kernel may add some under the same version). */

/** A field that is missing or not what the contract says. The message begins with the field's path: "layers[2].name is missing". */
export class Malformed extends Error {
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
  }
}

/** The reader of a whole view; throws `Malformed` where the data are no object. */
export const readerOf = (data: unknown): Reader => new Reader("view", record("view", data));

/** Reads the fields of one object, and knows where in the view it stands. */
export class Reader {
  constructor(
    readonly path: string,
    private readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /** Whether the field is there. */
  has(key: string): boolean {
    return Object.hasOwn(this.fields, key) && this.fields[key] !== undefined;
  }

  /** The error that says what is wrong with this object, or with one of its fields. */
  malformed(problem: string, key?: string): Malformed {
    return new Malformed(key === undefined ? this.path : this.at(key), problem);
  }

  private get(key: string): unknown {
    if (!this.has(key)) throw new Malformed(this.at(key), "is missing");
    return this.fields[key];
  }

  private at(key: string): string {
    return this.path === "view" ? key : `${this.path}.${key}`;
  }

  /** A text. */
  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw new Malformed(this.at(key), "is not text");
    return value;
  }

  /** One of these words. */
  word<T extends string>(key: string, words: readonly T[]): T {
    const value = this.text(key);
    const known = words.find((word) => word === value);
    if (known === undefined) throw new Malformed(this.at(key), `is "${value.slice(0, 40)}"`);
    return known;
  }

  /** Whether the field is null. */
  isNull(key: string): boolean {
    return this.get(key) === null;
  }

  /** A finite number. */
  number(key: string): number {
    return finite(this.at(key), this.get(key));
  }

  /** A finite number, or null for an infinite one. */
  numberOrNull(key: string): number | null {
    return this.isNull(key) ? null : this.number(key);
  }

  /** A finite number that is not negative. */
  positive(key: string): number {
    const value = this.number(key);
    if (value < 0) throw new Malformed(this.at(key), "is negative");
    return value;
  }

  /** A whole number that is not negative. */
  count(key: string): number {
    const value = this.positive(key);
    if (!Number.isInteger(value)) throw new Malformed(this.at(key), "is not a whole number");
    return value;
  }

  /** A number from 0 to 1. */
  share(key: string): number {
    const value = this.positive(key);
    if (value > 1) throw new Malformed(this.at(key), "is above 1");
    return value;
  }

  /** A list of at most `limit` finite numbers, none below `minimum`. */
  numbers(key: string, limit: number, minimum = -Infinity): readonly number[] {
    return this.array(key, limit).map((value, i) => {
      const path = `${this.at(key)}[${i}]`;
      const number = finite(path, value);
      if (number < minimum) throw new Malformed(path, `is below ${minimum}`);
      return number;
    });
  }

  /** A list of at most `limit` texts. */
  texts(key: string, limit: number): readonly string[] {
    return this.array(key, limit).map((value, i) => {
      if (typeof value !== "string") throw new Malformed(`${this.at(key)}[${i}]`, "is not text");
      return value;
    });
  }

  /** A list of at most `limit` finite numbers, texts and nulls. */
  cells(key: string, limit: number): readonly (number | string | null)[] {
    return this.array(key, limit).map((value, i) => {
      if (value === null || typeof value === "string") return value;
      return finite(`${this.at(key)}[${i}]`, value);
    });
  }

  /** An object, as `read` takes it. */
  child<T>(key: string, read: (child: Reader) => T): T {
    return read(new Reader(this.at(key), record(this.at(key), this.get(key))));
  }

  /** A list of at most `limit` objects, each as `read` takes it. */
  list<T>(key: string, limit: number, read: (item: Reader) => T): readonly T[] {
    return this.array(key, limit).map((item, i) => this.item(key, i, item, read));
  }

  /** The same, where an entry may be null. */
  nullableList<T>(key: string, limit: number, read: (item: Reader) => T): readonly (T | null)[] {
    return this.array(key, limit).map((item, i) => (item === null ? null : this.item(key, i, item, read)));
  }

  private item<T>(key: string, index: number, item: unknown, read: (item: Reader) => T): T {
    const path = `${this.at(key)}[${index}]`;
    return read(new Reader(path, record(path, item)));
  }

  private array(key: string, limit: number): readonly unknown[] {
    const value = this.get(key);
    if (!Array.isArray(value)) throw new Malformed(this.at(key), "is not a list");
    if (value.length > limit)
      throw new Malformed(this.at(key), `holds ${value.length} entries; at most ${limit} are drawn`);
    return value as readonly unknown[];
  }
}

function record(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Malformed(path, "is not an object");
  return value as Readonly<Record<string, unknown>>;
}

function finite(path: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Malformed(path, "is not a finite number");
  return value;
}
