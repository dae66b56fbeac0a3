import { Random } from "../../kernel/bytes/random";
import { cut, joined } from "../../kernel/formats/plain-pieces";

const again = (value: unknown, most: number): Promise<unknown> =>
  joined(
    [...cut(value, most)],
    (piece) => structuredClone(piece),
    () => Promise.resolve(),
  );

it("joins what it cut, whatever it was, in pieces of any size", async () => {
  const random = new Random(7);
  const make = (depth: number): unknown => {
    const kind = random.below(depth > 0 ? 7 : 4);
    if (kind < 4) return [undefined, null, "text", random.below(100)][kind];
    const items = Array.from({ length: random.below(9) }, () => make(depth - 1));
    return kind === 4 ? Object.fromEntries(items.map((item, i) => [`k${i}`, item])) : items;
  };
  for (let round = 0; round < 200; round++) {
    const value = make(5);
    for (const most of [1, 2, 5, 1000]) expect(await again(value, most)).toEqual(value);
  }
});

it("takes a turn behind each piece, none of which is large", async () => {
  const value = { list: Array.from({ length: 1000 }, (_, i) => ({ i })), last: 1 };
  const pieces = [...cut(value, 100)];
  const largest = Math.max(...pieces.map((piece) => JSON.stringify(piece).length));
  let turns = 0;
  const whole = await joined(
    pieces,
    (piece) => piece,
    async () => void turns++,
  );
  expect(whole).toEqual(value);
  expect(turns).toBe(pieces.length);
  expect(largest).toBeLessThan(1000);
  expect(pieces.length).toBeGreaterThan(10);
});

it("makes a key __proto__ a key like any other", async () => {
  const value: unknown = JSON.parse('{"__proto__":[1,2,3],"a":1}');
  const whole = await again(value, 2);
  expect(Object.getPrototypeOf(Object.getPrototypeOf(whole))).toBeNull();
  expect(Object.keys(whole as object)).toEqual(["__proto__", "a"]);
});
