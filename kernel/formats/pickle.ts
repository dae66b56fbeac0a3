import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError } from "../errors";
import type { ParseBudget } from "./budget";
import { quote } from "./json-reader";
import { costOfArguments, costOfInstruction } from "./pickle-costs";
import { OpaqueBytes, PickleDict, PickleGlobal, PickleOpaque, PickleTuple } from "./pickle-values";

/** A reader of pickles that runs nothing. A pickle is a program for a stack machine; a few of its instructions make plain data, and those
 *  are done here. A name of Python (GLOBAL) is looked up by the caller, a call (REDUCE) goes to the caller's own function of that name or
 *  makes an opaque value that remembers what was called with what, and every other instruction is refused by its byte. Source: CPython,
 *  Lib/pickletools.py. */

/** What the pickle's reader knows of the world around it. */
export interface PickleWorld {
  /** What its pickles may take. */
  readonly budget: ParseBudget;
  /** What `module.name` stands for; `undefined` refuses it. */
  global(name: string): PickleGlobal | undefined;
  /** What a persistent id stands for. */
  persistent(id: unknown, at: number): unknown;
}

/** True for objects that Python can hash, and so take as keys. */
const isKey = (key: object): boolean =>
  key instanceof PickleTuple ||
  key instanceof PickleGlobal ||
  key instanceof PickleOpaque ||
  key instanceof OpaqueBytes;

/** Instructions of the largest checkpoints are some millions. */
const maxInstructions = 20_000_000;
const mark = Symbol("mark");

/** The value that a pickle of protocol 2 to 5 describes, which takes all of `bytes`. `FormatError` with the byte for anything else than plain
 *  data, and names that the caller knows or passes over. */
export function readPickle(bytes: Uint8Array, file: string, world: PickleWorld): unknown {
  const { value, end } = readPickleAt(bytes, 0, file, world);
  if (end === bytes.length) return value;
  throw new FormatError(file, end, `${bytes.length - end} bytes follow the end`, "the end of the pickle");
}

/** As `readPickle`, of a pickle that begins at byte `from` and may be followed by others; `end` is the byte behind it. */
export function readPickleAt(
  bytes: Uint8Array,
  from: number,
  file: string,
  world: PickleWorld,
): { readonly value: unknown; readonly end: number } {
  const { budget } = world;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = from;
  let instruction = from;
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
      if (typeof key === "object" && key !== null && !isKey(key)) fail("a key is no text or number", "a plain key");
      if (entries.has(key)) fail(`the key ${quote(String(key))} comes twice`, "each key once");
      if (key === "__proto__") fail('a key is "__proto__"', "a name that is safe as a key");
      entries.set(key, pairs[i + 1]);
    }
  };
  const lookUp = (module: unknown, name: unknown): PickleGlobal => {
    if (typeof module !== "string" || typeof name !== "string") return fail("a name of Python is no text", "text");
    const full = `${module}.${name}`;
    return (
      world.global(full) ??
      fail(`the pickle calls for ${quote(full)}, which is not needed for tensors`, "tensors and plain data")
    );
  };
  /** A whole number; past 2^53 as a BigInt, which nobody here takes for a size, and past 64 bytes as bytes that nobody reads. */
  const long = (size: number): number | bigint | OpaqueBytes => {
    const start = take(size);
    if (size > 64) return new OpaqueBytes(size);
    let value = 0n;
    for (let i = 0; i < size; i++) value |= BigInt(bytes[start + i]) << BigInt(8 * i);
    const whole = BigInt.asIntN(Math.max(1, 8 * size), value);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
  };
  const passOver = (size: number): OpaqueBytes => {
    take(size);
    return new OpaqueBytes(size);
  };
  /** What a list, or an object that is one by its class, gets its items into. */
  const items = (): unknown[] => {
    const target = stack.at(-1);
    return target instanceof PickleOpaque ? target.items : top(Array, "list");
  };
  /** What a call makes; nothing is run. */
  const called = (callee: unknown, args: unknown): unknown => {
    if (callee instanceof PickleOpaque) return new PickleOpaque(callee.name, []);
    if (!(callee instanceof PickleGlobal) || !callee.call)
      return fail("something is called that is no function", "a known name");
    if (!(args instanceof PickleTuple)) return fail("a call has no tuple of arguments", "a tuple");
    budget.spend(costOfArguments(args.items), instruction);
    return callee.call(args.items, instruction);
  };
  const recall = (key: number): unknown =>
    memo.has(key) ? memo.get(key) : fail(`nothing was kept as ${key}`, "a number that was kept");
  const keep = (key: number): void => {
    if (stack.length === 0 || stack.at(-1) === mark) fail("there is nothing to keep", "a value");
    memo.set(key, stack.at(-1));
  };
  /** Python 2's text, which has no encoding: as UTF-8 where it is that, else bytes that nobody reads. */
  const oldText = (size: number): string | OpaqueBytes => {
    const start = take(size);
    budget.spend(2 * size, instruction);
    return firstInvalidUtf8(bytes, start, at) >= 0 ? new OpaqueBytes(size) : decodeUtf8(bytes, start, at);
  };
  const size64 = (): number => {
    const size = view.getBigUint64(take(8), true);
    return size > BigInt(bytes.length) ? fail(`a value has ${size} bytes`, "no more than the pickle") : Number(size);
  };
  if (bytes[from] !== 0x80) fail("the pickle has no protocol", "protocol 2 to 5", from);
  for (let count = 0; ; count++) {
    if (count > maxInstructions) fail(`there are more than ${maxInstructions} instructions`, "a smaller pickle");
    instruction = at;
    const code = bytes[take(1)];
    budget.spend(costOfInstruction(code), instruction);
    switch (code) {
      case 0x80: {
        const protocol = bytes[take(1)];
        if (instruction !== from || protocol < 2 || protocol > 5) fail(`the protocol is ${protocol}`, "2 to 5, once");
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
        stack.push(called(callee, args));
        break;
      }
      case 0x81: {
        // NEWOBJ
        const args = pop();
        stack.push(called(pop(), args));
        break;
      }
      case 0x92: {
        // NEWOBJ_EX: the arguments by name are of no consequence.
        top(PickleDict, "dict");
        pop();
        const args = pop();
        stack.push(called(pop(), args));
        break;
      }
      case 0x62: {
        // BUILD: torch hangs `_metadata` (versions) on a state dict, which is passed over; objects keep what they are made of.
        const made = pop();
        const target = stack.at(-1);
        if (target instanceof PickleOpaque) target.state = made;
        else if (
          typeof target !== "object" ||
          target === null ||
          Array.isArray(target) ||
          target instanceof PickleTuple
        )
          fail("this goes to something that is no object", "an object or a dict");
        break;
      }
      case 0x54: // BINSTRING
        stack.push(oldText(view.getUint32(take(4), true)));
        break;
      case 0x55: // SHORT_BINSTRING
        stack.push(oldText(bytes[take(1)]));
        break;
      case 0x42: // BINBYTES
        stack.push(passOver(view.getUint32(take(4), true)));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(passOver(bytes[take(1)]));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(passOver(size64()));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(text(size64()));
        break;
      case 0x8b: // LONG4
        stack.push(long(view.getUint32(take(4), true)));
        break;
      case 0x30: // POP
        if (stack.pop() === undefined && stack.length === 0) fail("the stack is empty", "a value");
        break;
      case 0x31: // POP_MARK
        toMark();
        break;
      case 0x32: // DUP
        stack.push(pop());
        stack.push(stack.at(-1));
        break;
      case 0x6c: // LIST
        stack.push(toMark());
        break;
      case 0x64: {
        // DICT
        const pairs = toMark();
        stack.push(new PickleDict());
        setItems(pairs);
        break;
      }
      case 0x8f: // EMPTY_SET
        stack.push(new PickleOpaque("builtins.set", []));
        break;
      case 0x90: // ADDITEMS
        for (const value of toMark()) top(PickleOpaque, "set").items.push(value);
        break;
      case 0x91: // FROZENSET
        stack.push(new PickleOpaque("builtins.frozenset", toMark()));
        break;
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
        items().push(value);
        break;
      }
      case 0x65: {
        const values = toMark();
        const list = items();
        for (const value of values) list.push(value);
        break;
      }
      case 0x2e: {
        // STOP
        const value = pop();
        if (stack.length > 0) fail(`${stack.length} values are left over`, "one value");
        return { value, end: at };
      }
      default:
        fail(`the instruction 0x${code.toString(16)} is not read here`, "plain data, and tensors");
    }
  }
}
