/** The fast loops and the plain ones give equal bits, and throw equal errors: one row for each loop of the interface, with arrays on the heap,
 *  in the kernels' own memory, and where that memory ends in the midst of them. */
import { fast, loops, plain, type Loops } from "../../kernel/loops/loops";
import { addressOf, release, reserve, arenaBytes } from "../../kernel/simd/layer-memory";
import type { Case, Put, Rows } from "./cases";
import { binRows, codeRows, errorRows, pruningRows, valueRows } from "./rows-of-measures";
import { blockLoopRows, matrixRows, memoryRows, trellisRows } from "./rows-of-methods";
import { halfQuadraticRows, tileRows, uniformRows } from "./rows-of-tiles";

const rows: { readonly [Group in keyof Loops]: Rows<Group> } = {
  tiles: tileRows,
  uniform: uniformRows,
  halfQuadratic: halfQuadraticRows,
  trellis: trellisRows,
  blocks: blockLoopRows,
  bins: binRows,
  values: valueRows,
  errors: errorRows,
  codes: codeRows,
  pruning: pruningRows,
  matrix: matrixRows,
  memory: memoryRows,
};

const heap: Put = (array) => array;

/** A copy in the kernels' memory, or on the heap where there is no room. */
const inside: Put = (array) => {
  const { buffer, byteOffset } = arenaBytes(array.byteLength);
  const copy = new (array.constructor as new (...view: unknown[]) => typeof array)(buffer, byteOffset, array.length);
  copy.set(array);
  return copy;
};

/** Room for all arrays of a case, and so little that it ends in the midst of them. */
const rooms: Readonly<Record<string, number>> = { "in the kernels' memory": 1 << 24, "where that ends": 50_000 };

/** What a loop gives, or the type and the text of the error that it throws. */
function outcome(of: Loops, ask: Case[1], put: Put): unknown {
  try {
    return ask(of, put);
  } catch (error) {
    return error instanceof Error ? { thrown: error.constructor.name, message: error.message } : error;
  }
}

/** Whether two results are equal to the bit: arrays in class and bytes, numbers in the sign of zero too. */
function areEqual(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return Object.is(one, other);
  if (one.constructor.name !== other.constructor.name) return false;
  if (ArrayBuffer.isView(one) && ArrayBuffer.isView(other)) return Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return (
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(other, key) && areEqual(one[key as never], other[key as never]))
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Arrays are compared here: `toEqual` takes long over them. */
function expectEqual(where: string, found: unknown, expected: unknown): void {
  if (!areEqual(found, expected)) expect([where, found]).toEqual([where, expected, "to the bit"]);
}

const names = Object.entries(rows).flatMap(([group, loopsOfGroup]) =>
  Object.entries(loopsOfGroup).map(([name, cases]) => [`${group}.${name}`, cases as () => Iterable<Case>] as const),
);

afterEach(release);

test("every loop of both implementations has a row", () => {
  for (const implementation of [plain, fast]) {
    const all = Object.entries(implementation).flatMap(([group, own]) =>
      Object.keys(own as object).map((name) => `${group}.${name}`),
    );
    expect(all.sort()).toEqual(names.map(([name]) => name).sort());
  }
});

test("methods use the fast ones unless CODEBOOK_LOOPS says otherwise", () => {
  expect(loops).toBe(process.env.CODEBOOK_LOOPS === "plain" ? plain : fast);
});

test("arrays do lie in the kernels' memory where they are put there", () => {
  reserve(rooms["in the kernels' memory"]);
  expect(addressOf(inside(new Float32Array(3)))).toBeDefined();
});

test.each(names)(
  "%s",
  (name, cases) => {
    let count = 0;
    for (const [label, ask] of cases()) {
      const expected = outcome(plain, ask, heap);
      expectEqual(`${name}: ${label}`, outcome(fast, ask, heap), expected);
      for (const [where, bytes] of name.startsWith("memory.") ? [] : Object.entries(rooms)) {
        reserve(bytes);
        expectEqual(`${name}: ${label} ${where}`, outcome(fast, ask, inside), expected);
        release();
      }
      count++;
    }
    expect(count).toBeGreaterThan(0);
  },
  300_000,
);
