import { createHash } from "node:crypto";
import { readNote, SegmentBuilder, writeNote } from "../../kernel/archive/unfinished";
import { plainBytes } from "../../kernel/encode/byte-planes/block-layout";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const note = {
  upTo: hash("a"),
  ended: [hash("b"), hash("c")],
  sizes: Float64Array.of(7, 524_288),
  hashes: BigUint64Array.of(1n, 2n ** 64n - 1n),
};

describe("the note of a batch", () => {
  test("comes back as it was, with segments that end in it and without", () => {
    expect(readNote(writeNote(note), 2)).toEqual(note);
    expect(readNote(writeNote({ ...note, ended: [] }), 2)).toEqual({ ...note, ended: [] });
    expect(writeNote(note)).not.toMatch(/\n/);
  });

  test("of another number of blocks is none", () => {
    expect(readNote(writeNote(note), 1)).toBeUndefined();
    expect(readNote(writeNote({ ...note, hashes: BigUint64Array.of(1n) }), 2)).toBeUndefined();
  });

  test.each([
    "",
    "x",
    writeNote(note).slice(1),
    `${writeNote(note)} more`,
    writeNote(note).replace(/[0-9a-f]{64}/, "short"),
  ])("%j is none", (text) => {
    expect(readNote(text, 2)).toBeUndefined();
  });
});

describe("a segment that is not finished", () => {
  const info = { start: 10, length: 600_000, layout: plainBytes };

  test("notes where each block lies, and its hash", () => {
    const segment = new SegmentBuilder(info);
    expect(segment.blocks).toBe(2);
    segment.hash.update("bytes");
    segment.add(16, 100, 5n);
    segment.add(116, 50, 6n);
    expect(segment.finish()).toEqual({
      ...info,
      at: Float64Array.of(16, 116, 166),
      hashes: BigUint64Array.of(5n, 6n),
      sha256: hash("bytes"),
    });
  });

  test("takes the hash that is known, and may be asked for its own twice", () => {
    const segment = new SegmentBuilder(info);
    segment.hash.update("by");
    expect(segment.sha256).toBe(hash("by"));
    segment.hash.update("tes");
    expect(segment.sha256).toBe(hash("bytes"));
    segment.known = hash("known");
    expect(segment.sha256).toBe(hash("known"));
  });
});
