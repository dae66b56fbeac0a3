import { FrameReader, frameLengths, frameOf, maxFrameBytes } from "../../../kernel/formats/hdf5/frames";

it("puts frames together from single bytes", () => {
  const reader = new FrameReader();
  const sent = Buffer.concat([...frameOf({ a: "é" }, Uint8Array.of(1, 2)), ...frameOf([])]);
  const frames = [...sent].flatMap((byte) => reader.push(Buffer.of(byte)));
  expect(frames).toEqual([
    { json: { a: "é" }, bytes: Uint8Array.of(1, 2) },
    { json: [], bytes: new Uint8Array(0) },
  ]);
});

it("refuses lengths that no frame has", () => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(maxFrameBytes + 1, 4);
  expect(() => frameLengths(head)).toThrow("longer than any");
});
