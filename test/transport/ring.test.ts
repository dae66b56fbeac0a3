import { Worker } from "node:worker_threads";
import path from "node:path";
import { OutputWriter, readOutput } from "../../kernel/transport/ring";
import { createSharedMemory, Word, type SharedMemory } from "../../kernel/transport/shared";

const RING = 1 << 18;

function readAll(memory: SharedMemory): [number, string, string][] {
  const records: [number, string, string][] = [];
  readOutput(memory, Atomics.load(memory.control, Word.written), (...record) => records.push(record));
  return records;
}

test("records come out as they went in, across the end of the ring and of the 32-bit counters", () => {
  const memory = createSharedMemory(RING);
  const start = -1000; // the counters pass from 2^32 - 1 to 0 after a thousand bytes
  memory.control[Word.written] = memory.control[Word.read] = start;
  const writer = new OutputWriter(memory, () => undefined);
  for (let round = 0; round < 50; round++) {
    const text = `${round} é𝒳\n`.repeat(1 + round * 11);
    writer.write(round, round % 2 ? "stderr" : "stdout", text);
    expect(readAll(memory)).toEqual([[round, round % 2 ? "stderr" : "stdout", text]]);
  }
});

test("long text is cut after 65536 units, and between characters", () => {
  const memory = createSharedMemory(1 << 21);
  const writer = new OutputWriter(memory, () => undefined);
  const lengths = (text: string) => {
    writer.write(1, "stdout", text);
    const parts = readAll(memory).map(([, , part]) => part);
    expect(parts.join("")).toBe(text);
    return parts.map((part) => part.length);
  };
  expect(lengths("x".repeat(65_536))).toEqual([65_536]);
  expect(lengths("x".repeat(2 * 65_536 + 1))).toEqual([65_536, 65_536, 1]);
  expect(lengths("x".repeat(65_535) + "𝒳")).toEqual([65_535, 2]);
  expect(lengths("x".repeat(65_534) + "𝒳")).toEqual([65_536]);
  expect(lengths("x" + "𝒳".repeat(65_536))).toEqual([65_535, 65_536, 2]);
});

test("a record takes twelve bytes and its UTF-8", () => {
  const memory = createSharedMemory(RING);
  new OutputWriter(memory, () => undefined).write(1, "stderr", "é𝒳");
  expect(Atomics.load(memory.control, Word.written)).toBe(12 + 2 + 4);
  const head = Buffer.from(memory.ring.subarray(0, 12));
  expect([0, 4, 8].map((at) => head.readUInt32LE(at))).toEqual([1, 1, 6]);
});

test("a ring that a record may not fit into is refused", () => {
  const least = 3 * 65_536 + 12;
  expect(() => new OutputWriter(createSharedMemory(least - 1), () => undefined)).toThrow(RangeError);
  const memory = createSharedMemory(least);
  const text = "€".repeat(65_536);
  new OutputWriter(memory, () => undefined).write(1, "stdout", text);
  expect(readAll(memory)).toEqual([[1, "stdout", text]]);
});

test("the ring may be filled to its last byte; a writer that finds no room wakes the reader and waits for it", () => {
  const memory = createSharedMemory(RING);
  const wakes: number[] = [];
  const seen: string[] = [];
  const writer = new OutputWriter(memory, () => {
    wakes.push(seen.length);
    if (Atomics.load(memory.control, Word.written) < RING) return;
    for (const [, , text] of readAll(memory)) seen.push(text[0]);
    Atomics.store(memory.control, Word.woken, 0);
  });
  const quarter = (letter: string) => writer.write(1, "stdout", letter.repeat(RING / 4 - 12));
  for (const letter of "abc") quarter(letter);
  expect([wakes, seen]).toEqual([[0], []]);
  Atomics.store(memory.control, Word.woken, 1);
  quarter("d");
  expect(seen).toEqual([]);
  Atomics.store(memory.control, Word.woken, 0);
  writer.write(1, "stdout", "e");
  expect(seen.join("")).toBe("abcde");
});

test("a writer that waits gives up when the sockets are closed", () => {
  const memory = createSharedMemory(RING);
  const writer = new OutputWriter(memory, () => undefined);
  for (let i = 0; i < 4; i++) writer.write(1, "stdout", "x".repeat(RING / 4 - 12));
  Atomics.store(memory.control, Word.closed, 1);
  writer.write(1, "stdout", "dropped");
  expect(readAll(memory)).toHaveLength(4);
});

test("the reader stops where it is told to", () => {
  const memory = createSharedMemory(RING);
  const writer = new OutputWriter(memory, () => undefined);
  writer.write(1, "stdout", "before");
  const end = Atomics.load(memory.control, Word.written);
  writer.write(1, "stdout", "after");
  const seen: string[] = [];
  readOutput(memory, end, (_, __, text) => seen.push(text));
  expect(seen).toEqual(["before"]);
});

test("wakes the reader once until it has looked", () => {
  const memory = createSharedMemory(RING);
  let wakes = 0;
  const writer = new OutputWriter(memory, () => wakes++);
  writer.write(1, "stdout", "a");
  writer.write(1, "stdout", "b");
  expect(wakes).toBe(1);
  Atomics.store(memory.control, Word.woken, 0);
  writer.write(1, "stdout", "c");
  expect(wakes).toBe(2);
});

test("a full ring holds the writer back, and nothing is lost or reordered", async () => {
  const memory = createSharedMemory(RING);
  const ring = path.join(__dirname, "../../kernel/transport/ring.js");
  const worker = new Worker(
    `const { workerData } = require("node:worker_threads");
     const { OutputWriter } = require(${JSON.stringify(ring)});
     const writer = new OutputWriter(workerData, () => undefined);
     for (let i = 0; i < 30000; i++) writer.write(1, "stdout", "line " + i + " ".repeat(i % 97) + "\\n");`,
    { eval: true, workerData: memory },
  );
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  let text = "";
  let done = false;
  void exited.then(() => (done = true));
  while (!done) {
    for (const [, , part] of readAll(memory)) text += part;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const [, , part] of readAll(memory)) text += part;
  const lines = text.split("\n").slice(0, -1);
  expect(lines.length).toBe(30000);
  expect(lines.every((line, i) => line.trimEnd() === `line ${i}`)).toBe(true);
});
