import { Lane } from "../../kernel/archive/lanes";
import { decodeBatch, encodeBatch } from "../../kernel/archive/tasks";
import { plainBytes } from "../../kernel/encode/byte-planes/block-layout";
import { hashBytes64 } from "../../kernel/encode/byte-planes/hash";

const pieces = [
  { length: 4000, layout: { width: 4, isFloat: true } as const },
  { length: 10, layout: plainBytes },
];
const original = new Uint8Array(4010);
original.set(new Uint8Array(Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i)).buffer));
original.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4000);

/** The blocks of the pieces, and their bytes. */
function encoded() {
  const lane = new Lane(4010, 0);
  lane.input(4010).set(original);
  const batch = encodeBatch({ memory: lane.memory, lane: lane.places, pieces });
  const total = batch.sizes.reduce((sum, size) => sum + size, 0);
  return { ...batch, bytes: lane.output(total).slice() };
}

function decoded(
  bytes: Uint8Array,
  { sizes, hashes }: Pick<ReturnType<typeof encoded>, "sizes" | "hashes">,
): Uint8Array {
  const lane = new Lane(4010 + bytes.length, 0);
  lane.input(bytes.length).set(bytes);
  decodeBatch({
    memory: lane.memory,
    lane: lane.places,
    pieces,
    sizes,
    hashes,
    version: 2,
    file: "a.codebook",
    at: 16,
  });
  return lane.output(4010).slice();
}

test("a batch comes back as it was, each block with its hash", () => {
  const batch = encoded();
  expect(batch.sizes.length).toBe(2);
  expect(batch.hashes[0]).toBe(hashBytes64(batch.bytes.subarray(0, batch.sizes[0])));
  expect(Buffer.compare(decoded(batch.bytes, batch), original)).toBe(0);
});

test("a block with another hash is refused, at its byte of the archive", () => {
  const batch = encoded();
  const damaged = batch.bytes.slice();
  damaged[batch.sizes[0]] ^= 1;
  expect(() => decoded(damaged, batch)).toThrow(
    expect.objectContaining({ code: "FORMAT", file: "a.codebook", offset: 16 + batch.sizes[0] }),
  );
});
