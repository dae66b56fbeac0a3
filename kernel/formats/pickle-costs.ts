import { PickleTuple } from "./pickle-values";

/** What the instructions of a pickle cost: a byte of it may make an object of some hundred. */

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
  0x81: 640, // NEWOBJ
  0x85: 96, // TUPLE1
  0x86: 96, // TUPLE2
  0x87: 96, // TUPLE3
  0x8f: 448, // EMPTY_SET
  0x93: 256, // STACK_GLOBAL
  0x94: 96, // MEMOIZE
  0x51: 128, // BINPERSID
  0x52: 640, // REDUCE
  0x54: 96, // BINSTRING
  0x64: 320, // DICT
  0x6c: 96, // LIST
  0x91: 448, // FROZENSET
  0x92: 640, // NEWOBJ_EX
};


/** Of all others: a number on the stack. */
const plainCost = 48;

/** Bytes of memory that the instruction takes at most. */
export function costOfInstruction(code: number): number {
  return costs[code] ?? plainCost;
}

/** Bytes that the arguments of a call may be copied to: what its lists and tuples hold, as entries of a dict. */
export function costOfArguments(args: readonly unknown[]): number {
  return args.reduce<number>((sum, item) => sum + 64 * (1 + lengthOf(item)), 0);
}

function lengthOf(item: unknown): number {
  if (item instanceof PickleTuple) return item.items.length;
  return Array.isArray(item) ? item.length : 0;
}
