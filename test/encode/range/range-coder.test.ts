import { ByteReader, ByteWriter } from "../../../kernel/encode/container/container";
import {
  bytesOfChunk,
  checkCount,
  checkStates,
  highestState,
  loadCoded,
  lowestState,
  readStates,
  setPlaces,
  writeStates,
} from "../../../kernel/encode/range/range-coder";
import { coderPlaces } from "../../../kernel/loops/coder-memory";
import { plainCoderKernels } from "../../../kernel/loops/coders-plain";

const kernels = plainCoderKernels();

/** A reader of these bytes, which stand behind the magic. */
function readerOf(bytes: Uint8Array): ByteReader {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.of(0x43, 0x42, 0x45, 1));
  writer.bytes(bytes);
  return ByteReader.open(writer.finish(), "f");
}

test("places are shared out in order, and a decoder learns whose each is", () => {
  kernels.owners.fill(9);
  setPlaces(kernels, Uint32Array.of(3, 0, 2), false);
  expect([...kernels.places.subarray(0, 6)]).toEqual([3, 0, 0, 3, 2, 3]);
  expect(kernels.owners[0]).toBe(9);
  setPlaces(kernels, Uint32Array.of(3, 0, 2), true);
  expect([...kernels.owners.subarray(0, 6)]).toEqual([0, 0, 0, 2, 2, 9]);
});

test("states are written in four bytes each, low first, and read again", () => {
  kernels.states.set([lowestState, highestState - 1, 5]);
  const writer = new ByteWriter();
  writeStates(kernels, 2, writer);
  expect([...writer.written]).toEqual([0, 0, 0x80, 0, 255, 255, 255, 0x7f]);
  const reader = readerOf(writer.written);
  kernels.states.fill(0);
  readStates(kernels, 2, reader);
  expect([...kernels.states.subarray(0, 3)]).toEqual([lowestState, highestState - 1, 0]);
  expect(reader.left).toBe(0);
});

test.each([
  [Uint8Array.of(0, 0, 0x80, 0, 255, 255, 0x7f, 0), `state ${lowestState - 1}`],
  [Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0, 0x80), `state ${highestState}`],
])("a state outside the coder's is refused at its byte: %p", (bytes, message) => {
  expect(() => readStates(kernels, 2, readerOf(bytes))).toThrow(
    expect.objectContaining({ offset: 8, message: expect.stringContaining(message) }),
  );
});

test("a decoder ends where the encoder began, in every stream", () => {
  const reader = readerOf(new Uint8Array(8));
  kernels.states.set([lowestState, lowestState, lowestState + 1]);
  checkStates(kernels, 2, reader);
  expect(() => checkStates(kernels, 3, reader)).toThrow(`stream 2 ends in state ${lowestState + 1}`);
});

test("a count is refused that the bytes cannot hold", () => {
  // 8 bytes and one stream: 72 bits. Symbols of half the places take (1 − ½)/2 of ln 2 at least: 73·ln 2·4 = 202.4 of them.
  const reader = readerOf(new Uint8Array(8));
  checkCount(reader, 202, 1, 0.5);
  expect(() => checkCount(reader, 203, 1, 0.5)).toThrow("203 symbols in 72 bits");
  checkCount(reader, 203, 2, 0.5);
});

test("the coded bytes come to where the kernels read them, a chunk at most", () => {
  const bytes = Uint8Array.from({ length: bytesOfChunk + 20 }, (_, i) => i % 251);
  expect(loadCoded(kernels, bytes, 10, 14)).toBe(coderPlaces.coded + 4);
  expect([...kernels.memory.subarray(coderPlaces.coded, coderPlaces.coded + 4)]).toEqual([10, 11, 12, 13]);
  expect(loadCoded(kernels, bytes, 5, bytes.length)).toBe(coderPlaces.coded + bytesOfChunk);
});
