/** Binary parts of a widget's state travel beside its JSON: each is taken out, its path noted (`buffer_paths`), and put back at the other end.
 *  Jupyter widgets' messaging protocol 2.1. */

/** JSON without its binary parts, their places, and the parts. */
export interface Parted {
  readonly data: unknown;
  readonly paths: (string | number)[][];
  readonly buffers: Uint8Array[];
}

/** The bytes of a binary value; undefined for any other. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag: unknown = Object.prototype.toString.call(value);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]"
    ? new Uint8Array(value as ArrayBuffer)
    : undefined;
}

/** Takes the binary parts out. In an object the key goes with its value; in a list null stays in the place. */
export function partBuffers(value: unknown): Parted {
  const paths: (string | number)[][] = [];
  const buffers: Uint8Array[] = [];
  const visit = (part: unknown, path: readonly (string | number)[]): unknown => {
    if (Array.isArray(part))
      return part.map((item: unknown, at) => (take(item, [...path, at]) ? null : visit(item, [...path, at])));
    if (typeof part !== "object" || part === null) return part;
    const kept: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(part))
      if (!take(item, [...path, key])) kept[key] = visit(item, [...path, key]);
    return kept;
  };
  const take = (item: unknown, path: (string | number)[]): boolean => {
    const bytes = bytesOf(item);
    if (bytes === undefined) return false;
    paths.push(path);
    buffers.push(bytes);
    return true;
  };
  return { data: visit(value, []), paths, buffers };
}

/** Puts the binary parts back into `data`, each at its path, as bytes. A path that leads nowhere is left out. */
export function joinBuffers(
  data: Record<string, unknown>,
  paths: unknown,
  buffers: readonly Uint8Array[] = [],
): Record<string, unknown> {
  const whole = structuredClone(data);
  if (!Array.isArray(paths)) return whole;
  for (const [at, path] of paths.entries()) {
    if (!Array.isArray(path) || path.length === 0 || buffers[at] === undefined) continue;
    const keys = path.map(String);
    let place: unknown = whole;
    for (const key of keys.slice(0, -1))
      place =
        typeof place === "object" && place !== null && Object.hasOwn(place, key)
          ? (place as Record<string, unknown>)[key]
          : undefined;
    if (typeof place === "object" && place !== null)
      Object.defineProperty(place, keys[keys.length - 1], {
        value: buffers[at],
        writable: true,
        enumerable: true,
        configurable: true,
      });
  }
  return whole;
}
