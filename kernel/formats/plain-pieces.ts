/** Plain data cut into pieces, each of which is taken over in some milliseconds: a list of a million entries would hold up who receives it
 *  at once. */

/** Values in a piece. */
const pieceValues = 20_000;

/** A step of the building: a value that is whole, a list or object that is begun with some of its entries, more entries of the one that was begun
 *  last, or its end. */
type Piece =
  | { readonly whole: unknown; readonly key?: string }
  | { readonly begun: object; readonly key?: string }
  | { readonly more: object }
  | { readonly end: true };

type Holder = unknown[] | Record<string, unknown>;

/** The pieces of a value that is plain JSON, but may hold `undefined`; `joined` makes it again. `most`: values in a piece. */
export function* cut(value: unknown, most = pieceValues): Generator<Piece> {
  const sizes = new Map<object, number>();
  measure(value, most, sizes);
  yield* pieces(value, undefined, most, sizes);
}

/** How many values lie in a value; those of large lists and objects are noted. */
function measure(value: unknown, most: number, sizes: Map<object, number>): number {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return 1;
  let size = 1;
  if (Array.isArray(value)) for (const item of value) size += measure(item, most, sizes);
  else for (const key in value) size += measure((value as Record<string, unknown>)[key], most, sizes);
  if (size > most) sizes.set(value, size);
  return size;
}

function* pieces(
  value: unknown,
  key: string | undefined,
  most: number,
  large: ReadonlyMap<object, number>,
): Generator<Piece> {
  const named = key === undefined ? {} : { key };
  if (typeof value !== "object" || value === null || !large.has(value)) return yield { whole: value, ...named };
  const isList = Array.isArray(value);
  yield { begun: isList ? [] : {}, ...named };
  let next: Holder = isList ? [] : {};
  let count = 0;
  for (const own of isList ? value.keys() : Object.keys(value)) {
    const item = (value as Record<string | number, unknown>)[own];
    const isLarge = typeof item === "object" && item !== null && large.has(item);
    if (count > 0 && (isLarge || count >= most)) {
      yield { more: next };
      next = isList ? [] : {};
      count = 0;
    }
    if (isLarge) yield* pieces(item, isList ? "" : String(own), most, large);
    else {
      put(next, String(own), item);
      count += measure(item, most, new Map());
    }
  }
  if (count > 0) yield { more: next };
  yield { end: true };
}

/** A key of JSON may be `__proto__`. */
function put(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder)) holder.push(value);
  else if (key === "__proto__")
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  else holder[key] = value;
}

/** The value that was cut; `decode` makes a piece of what was sent, and `turn` is waited for behind each. */
export async function joined<Sent>(
  sent: readonly Sent[],
  decode: (one: Sent) => unknown,
  turn: () => Promise<void>,
): Promise<unknown> {
  const open: Holder[] = [];
  let value: unknown;
  for (const one of sent) {
    const piece = decode(one) as Piece;
    const holder = open.at(-1);
    const made = "whole" in piece ? piece.whole : "begun" in piece ? piece.begun : undefined;
    if ("whole" in piece || "begun" in piece) {
      if (holder) put(holder, piece.key ?? "", made);
      else value = made;
    }
    if ("begun" in piece) open.push(piece.begun as Holder);
    else if ("end" in piece) open.pop();
    else if ("more" in piece && holder) {
      if (Array.isArray(holder)) for (const item of piece.more as unknown[]) holder.push(item);
      else for (const [key, item] of Object.entries(piece.more)) put(holder, key, item);
    }
    await turn();
  }
  return value;
}
