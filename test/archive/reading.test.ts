import { blocksOf } from "../../kernel/archive/reading";
import { plainBytes } from "../../kernel/encode/byte-planes/block-layout";

test("sizes and hashes are those of the pieces' blocks, in order", () => {
  const segment = (at: number[], hashes: bigint[]) => ({
    start: 0,
    length: 1,
    layout: plainBytes,
    sha256: "",
    at: Float64Array.from(at),
    hashes: BigUint64Array.from(hashes),
  });
  const index = {
    version: 2 as const,
    name: "m",
    byteLength: 2,
    sha256: "",
    segments: [segment([16, 20, 30, 31], [1n, 2n, 3n]), segment([31, 131], [4n])],
  };
  const { sizes, hashes } = blocksOf(index, [
    { segment: 0, first: 1, last: 3 },
    { segment: 1, first: 0, last: 1 },
  ]);
  expect([Array.from(sizes), Array.from(hashes)]).toEqual([
    [10, 1, 100],
    [2n, 3n, 4n],
  ]);
});
