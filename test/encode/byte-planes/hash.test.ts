import { hashBytes64 } from "../../../kernel/encode/byte-planes/hash";

/** XXH64 by its specification, in big integers. */
function plain(bytes: Uint8Array): bigint {
  const [p1, p2, p3, p4, p5] = [
    11400714785074694791n,
    14029467366897019727n,
    1609587929392839161n,
    9650029242287828579n,
    2870177450012600261n,
  ];
  const mask = 2n ** 64n - 1n;
  const turn = (x: bigint, bits: bigint) => ((x << bits) | (x >> (64n - bits))) & mask;
  const round = (lane: bigint, input: bigint) => (turn((lane + input * p2) & mask, 31n) * p1) & mask;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    const lanes = [(p1 + p2) & mask, p2, 0n, -p1 & mask];
    for (; at + 32 <= bytes.length; at += 32)
      for (let k = 0; k < 4; k++) lanes[k] = round(lanes[k], view.getBigUint64(at + 8 * k, true));
    hash = (turn(lanes[0], 1n) + turn(lanes[1], 7n) + turn(lanes[2], 12n) + turn(lanes[3], 18n)) & mask;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * p1 + p4) & mask;
  } else hash = p5;
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (turn(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4) & mask;
  for (; at + 4 <= bytes.length; at += 4)
    hash = (turn(hash ^ ((BigInt(view.getUint32(at, true)) * p1) & mask), 23n) * p2 + p3) & mask;
  for (; at < bytes.length; at++) hash = (turn(hash ^ ((BigInt(bytes[at]) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

test("the hash of nothing is that of the specification", () => {
  expect(hashBytes64(new Uint8Array(0))).toBe(0xef46db3751d8e999n);
});

test.each([1, 3, 4, 7, 8, 31, 32, 33, 63, 64, 100, 1000])("%d bytes have the hash of the specification", (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + 7) & 255);
  expect(hashBytes64(bytes)).toBe(plain(bytes));
});

test("more than a megabyte is hashed a slice at a time, to the same hash", () => {
  const bytes = Uint8Array.from({ length: 2 ** 20 + 45 }, (_, i) => (i * 31) & 255);
  expect(hashBytes64(bytes)).toBe(plain(bytes));
});
