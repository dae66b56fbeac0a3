import { unpackCodes, wordsFor } from "../../kernel/stored-codes/bit-stream";

test("words for a count of codes", () => {
  expect([wordsFor(32, 3), wordsFor(33, 3), wordsFor(1, 8), wordsFor(0, 4)]).toEqual([3, 4, 1, 0]);
});

test("codes of every width come out as they went in, along a row and down a column", () => {
  for (let bits = 1; bits <= 8; bits++) {
    const codes = Uint8Array.from({ length: 45 }, (_, i) => (i * 37 + 11) % 2 ** bits);
    const stream = codes.reduce((all, code, i) => all | (BigInt(code) << BigInt(i * bits)), 0n);
    for (const stride of [1, 3]) {
      const words = new Uint32Array(stride * wordsFor(45, bits)).fill(0xffffffff);
      for (let w = 0; w < wordsFor(45, bits); w++) words[stride * w] = Number((stream >> BigInt(32 * w)) & 0xffffffffn);
      const read = new Uint8Array(45);
      unpackCodes(words, 0, stride, bits, read);
      expect([bits, stride, ...read]).toEqual([bits, stride, ...codes]);
    }
  }
});
