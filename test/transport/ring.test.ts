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

test("long text is cut between characters", () => {
  const memory = createSharedMemory(1 << 21);
  const text = "x" + "𝒳".repeat(200_000);
  new OutputWriter(memory, () => undefined).write(1, "stdout", text);
  const records = readAll(memory);
  expect(records.length).toBeGreaterThan(1);
  expect(records.map(([, , part]) => part).join("")).toBe(text);
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
