import { createHash } from "node:crypto";
import { sha256, sha256OfParts } from "../../kernel/bytes/hash";
import { memorySource } from "../../kernel/bytes/source";

const plain = (...parts: Uint8Array[]) => {
  const hash = createHash("sha256");
  parts.forEach((part) => hash.update(part));
  return hash.digest("hex");
};
const bytes = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => (first + i * 7) & 255);

describe("sha256", () => {
  test("is that of the sources' bytes, one behind the other, over the ends of slices", async () => {
    const parts = [bytes(3 * 1024 * 1024 + 5, 1), bytes(0, 0), bytes(17, 9)];
    const sources = parts.map((part, i) => memorySource(part, `part ${i}`));
    expect(await sha256(sources)).toBe(plain(...parts));
    expect(await sha256([])).toBe(plain());
  });

  test("tells how far it is, to the end", async () => {
    const told: [number, number][] = [];
    const sources = [memorySource(bytes(1024 * 1024 + 1, 1), "a"), memorySource(bytes(2, 1), "b")];
    await sha256(sources, { onProgress: (...all) => told.push(all) });
    const total = 1024 * 1024 + 3;
    expect(told).toEqual([
      [1024 * 1024, total],
      [1024 * 1024 + 1, total],
      [total, total],
    ]);
  });

  test("stops by its signal, and says what it was at", async () => {
    const stop = new AbortController();
    const hashing = sha256([memorySource(bytes(3 * 1024 * 1024, 1), "a.bin")], {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(hashing).rejects.toMatchObject({ code: "CANCELLED", message: "hashing a.bin was interrupted" });
  });
});

test("sha256OfParts is that of the parts together, and stops by its signal", async () => {
  const parts = [bytes(1024 * 1024 + 1, 3), bytes(0, 0), bytes(9, 5)];
  async function* later() {
    yield* parts;
  }
  expect(await sha256OfParts(parts)).toBe(plain(...parts));
  expect(await sha256OfParts(later())).toBe(plain(...parts));
  await expect(sha256OfParts(parts, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
});
