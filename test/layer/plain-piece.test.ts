import { hashOfPiece } from "../../kernel/archive/model-file";
import { plainBytesOf, plainPiece } from "../../kernel/layer/plain-piece";

const zeros = new Uint8Array(4000);
const few = Uint8Array.of(1, 2, 3);

test.each([
  ["coded where that is less", zeros, "F32", true],
  ["as it is where not", few, "U8", false],
  ["nothing", new Uint8Array(0), "BF16", false],
  ["a type that nobody knows", Uint8Array.of(9, 8, 7, 6), "X7", false],
])("%s", (_, bytes, dtype, isCoded) => {
  const piece = plainPiece({ bytes, dtype });
  expect(piece.isCoded).toBe(isCoded);
  const place = { name: "w", start: 16, byteLength: piece.bytes.length, hash: hashOfPiece(piece.bytes) };
  const told = { file: "m", from: piece.bytes, piece: place, isCoded, sizeBytes: bytes.length };
  expect(plainBytesOf(told)).toEqual(bytes);
  expect(() => plainBytesOf({ ...told, sizeBytes: bytes.length + 1 })).toThrow(/m: w, byte/);
});

test("damage is named", () => {
  const place = { name: "w", start: 16, byteLength: 3, hash: "00".repeat(8) };
  const told = { file: "m", from: few, piece: place, isCoded: false, sizeBytes: 3 };
  expect(() => plainBytesOf(told)).toThrow(/m, byte 16: the 3 bytes of "w" are damaged/);
});
