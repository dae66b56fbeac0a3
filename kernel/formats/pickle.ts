import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError } from "../errors";
import { ParseBudget } from "./budget";
import { quote } from "./json-reader";

/** A reader of pickles that runs nothing. A pickle is a program for a stack machine; a few of its instructions make plain data, and those
 *  are done here. A name of Python (GLOBAL) is looked up in a list that the caller gives, a call (REDUCE) goes to the caller's own function
 *  of that name, and everything else is refused by its byte. Source: CPython, Lib/pickletools.py. */

/** A dict of a pickle; its keys keep their order. */
export class PickleDict {
  readonly entries = new Map<unknown, unknown>();
}
/** A tuple of a pickle. */
export class PickleTuple {
  constructor(readonly items: readonly unknown[]) {}
}
/** A name that the caller knows; `call` makes what Python would by calling it. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[], at: number) => unknown,
  ) {}
}

/** What the pickle's reader knows of the world around it. */
export interface PickleWorld {
  /** What `module.name` stands for; `undefined` refuses it. */
  global(name: string): PickleGlobal | undefined;
  /** What a persistent id stands for. */
  persistent(id: unknown, at: number): unknown;
}

/** Instructions of the largest checkpoints are some millions. */
const maxInstructions = 20_000_000;
const mark = Symbol("mark");

/** Bytes of memory that an instruction takes at most, where it makes or keeps more than a number on the stack. */
const costs: Readonly<Partial<Record<number, number>>> = {
  0x5d: 96, // EMPTY_LIST
  0x62: 128, // BUILD
  0x63: 256, // GLOBAL
  0x6a: 64, // LONG_BINGET
  0x71: 96, // BINPUT
  0x72: 96, // LONG_BINPUT
  0x74: 96, // TUPLE
  0x7d: 320, // EMPTY_DICT
  0x81: 384, // NEWOBJ
  0x85: 96, // TUPLE1
  0x86: 96, // TUPLE2
  0x87: 96, // TUPLE3
  0x8f: 320, // EMPTY_SET
  0x93: 256, // STACK_GLOBAL
  0x94: 96, // MEMOIZE
  0x51: 128, // BINPERSID
  0x52: 384, // REDUCE
};
const plainCost = 48;

/** What the arguments of a call may be copied to: the numbers in its tuples, twice. */
function costOfArguments(args: readonly unknown[]): number {
  return args.reduce<number>((sum, item) => sum + 16 * (item instanceof PickleTuple ? item.items.length : 1), 0);
}

/** The value that a pickle of protocol 2 to 5 describes. It takes memory in proportion to the bytes that are stored of it: `budget`, by default
 *  that of a pickle that is stored as it is. `FormatError` with the byte for anything else than plain data and known names. */
export function readPickle(
  bytes: Uint8Array,
  file: string,
  world: PickleWorld,
  budget = new ParseBudget(file, bytes.length),
): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;
  let instruction = 0;
  const fail = (problem: string, expected: string, where = instruction): never => {
    throw new FormatError(file, where, problem, expected);
  };
  const take = (size: number): number => {
    if (size > bytes.length - at) fail(`the pickle ends within an instruction`, `${size} more bytes`, at);
    at += size;
    return at - size;
  };
  const text = (size: number): string => {
    const start = take(size);
    const bad = firstInvalidUtf8(bytes, start, at);
    if (bad >= 0) fail("a text is not UTF-8", "UTF-8 text", bad);
    budget.spend(2 * size, instruction);
    return decodeUtf8(bytes, start, at);
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0 || end - at > 1000) fail("a name has no end", "a line of at most 1000 bytes");
    const value = text(end - at);
    at++;
    return value;
  };
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) fail("the stack is empty", "a value");
    return stack.pop();
  };
  const toMark = (): unknown[] => {
    const start = stack.lastIndexOf(mark);
    if (start < 0) fail("there is no mark", "one before");
    return stack.splice(start).slice(1);
  };
  const top = <T>(kind: new (...args: never[]) => T, what: string): T => {
    const value = stack.at(-1);
    return value instanceof kind ? value : fail(`this goes to something that is no ${what}`, `a ${what}`);
  };
  const setItems = (pairs: readonly unknown[]): void => {
    const { entries } = top(PickleDict, "dict");
    if (pairs.length % 2 !== 0) fail("a key has no value", "pairs");
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i];
      if (typeof key !== "string" && typeof key !== "number" && typeof key !== "boolean" && key !== null)
        fail("a key is no text or number", "a plain key");
      if (entries.has(key)) fail(`the key ${quote(String(key))} comes twice`, "each key once");
      if (key === "__proto__") fail('a key is "__proto__"', "a name that is safe as a key");
      entries.set(key, pairs[i + 1]);
    }
  };
  const lookUp = (module: unknown, name: unknown): PickleGlobal => {
    const full = `${String(module)}.${String(name)}`;
    return (
      world.global(full) ??
      fail(`the pickle calls for ${quote(full)}, which is not needed for tensors`, "tensors and plain data")
    );
  };
  const long = (size: number): number => {
    if (size > 8) fail(`a whole number has ${size} bytes`, "at most 8");
    const start = take(size);
    let value = 0n;
    for (let i = 0; i < size; i++) value |= BigInt(bytes[start + i]) << BigInt(8 * i);
    const number = Number(BigInt.asIntN(Math.max(1, 8 * size), value));
    return Number.isSafeInteger(number) ? number : fail(`a whole number is ${number}`, "at most 2^53 − 1");
  };
  const recall = (key: number): unknown =>
    memo.has(key) ? memo.get(key) : fail(`nothing was kept as ${key}`, "a number that was kept");
  const keep = (key: number): void => {
    if (stack.length === 0 || stack.at(-1) === mark) fail("there is nothing to keep", "a value");
    memo.set(key, stack.at(-1));
  };
  if (bytes[0] !== 0x80) fail("the pickle has no protocol", "protocol 2 to 5", 0);
  for (let count = 0; ; count++) {
    if (count > maxInstructions) fail(`there are more than ${maxInstructions} instructions`, "a smaller pickle");
    instruction = at;
    const code = bytes[take(1)];
    budget.spend(costs[code] ?? plainCost, instruction);
    switch (code) {
      case 0x80: {
        const protocol = bytes[take(1)];
        if (instruction !== 0 || protocol < 2 || protocol > 5) fail(`the protocol is ${protocol}`, "2 to 5, once");
        break;
      }
      case 0x95: // FRAME
        take(8);
        break;
      case 0x63: // GLOBAL
        stack.push(lookUp(line(), line()));
        break;
      case 0x93: {
        const name = pop();
        stack.push(lookUp(pop(), name));
        break;
      }
      case 0x71: // BINPUT
        keep(bytes[take(1)]);
        break;
      case 0x72:
        keep(view.getUint32(take(4), true));
        break;
      case 0x94: // MEMOIZE
        keep(memo.size);
        break;
      case 0x68: // BINGET
        stack.push(recall(bytes[take(1)]));
        break;
      case 0x6a:
        stack.push(recall(view.getUint32(take(4), true)));
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new PickleDict());
        break;
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        break;
      case 0x29: // EMPTY_TUPLE
        stack.push(new PickleTuple([]));
        break;
      case 0x28: // MARK
        stack.push(mark);
        break;
      case 0x74: // TUPLE
        stack.push(new PickleTuple(toMark()));
        break;
      case 0x85:
      case 0x86:
      case 0x87: {
        const items = Array.from({ length: code - 0x84 }, pop).reverse();
        stack.push(new PickleTuple(items));
        break;
      }
      case 0x58: // BINUNICODE
        stack.push(text(view.getUint32(take(4), true)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(bytes[take(1)]));
        break;
      case 0x4a: // BININT
        stack.push(view.getInt32(take(4), true));
        break;
      case 0x4b: // BININT1
        stack.push(bytes[take(1)]);
        break;
      case 0x4d: // BININT2
        stack.push(view.getUint16(take(2), true));
        break;
      case 0x8a: // LONG1
        stack.push(long(bytes[take(1)]));
        break;
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(take(8), false));
        break;
      case 0x88:
      case 0x89:
        stack.push(code === 0x88);
        break;
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x51: // BINPERSID
        stack.push(world.persistent(pop(), instruction));
        break;
      case 0x52: {
        // REDUCE
        const args = pop();
        const callee = pop();
        if (!(callee instanceof PickleGlobal) || !callee.call)
          return fail("something is called that is no function", "a known name");
        if (!(args instanceof PickleTuple)) return fail("a call has no tuple of arguments", "a tuple");
        budget.spend(costOfArguments(args.items), instruction);
        stack.push(callee.call(args.items, instruction));
        break;
      }
      case 0x62: {
        // BUILD: torch hangs `_metadata` (versions) on a state dict
        pop();
        top(PickleDict, "dict");
        break;
      }
      case 0x73: {
        // SETITEM
        const value = pop();
        const key = pop();
        setItems([key, value]);
        break;
      }
      case 0x75:
        setItems(toMark());
        break;
      case 0x61: {
        // APPEND
        const value = pop();
        top(Array, "list").push(value);
        break;
      }
      case 0x65: {
        const values = toMark();
        const list: unknown[] = top(Array, "list");
        for (const value of values) list.push(value);
        break;
      }
      case 0x2e: {
        // STOP
        const value = pop();
        if (stack.length > 0) fail(`${stack.length} values are left over`, "one value");
        if (at !== bytes.length) fail(`${bytes.length - at} bytes follow the end`, "the end of the pickle", at);
        return value;
      }
      default:
        fail(`the instruction 0x${code.toString(16)} is not read here`, "plain data, and tensors");
    }
  }
}
