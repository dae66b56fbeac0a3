import { CancelledError, FormatError, WorkerError } from "../../kernel/errors";
import { memorySource } from "../../kernel/bytes/source";
import { nearBytes, parsedApart } from "../../kernel/formats/apart";
import { tasks as jsonTasks } from "../../kernel/formats/json-file";
import { openRecognized } from "../../kernel/catalog/recognize";
import type { Model } from "../../kernel";
import { tasks } from "./endless-parser";
import { safetensorsFile } from "./files";
import { longHeaders } from "./long-headers";

const asked = (act: "end never" | "grow" | "count" | "fail", length = 3) => ({
  ...{ bytes: new Uint8Array(length), file: "m.bin", act },
});

/** Counts the turns of the event loop until it is told to stop; `at` is called in the turn of that number. */
function countTurns(number: number, at: () => void): { readonly turns: () => number; readonly stop: () => void } {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    if (isOver) return;
    if (++turns === number) at();
    setImmediate(turn);
  };
  setImmediate(turn);
  return { turns: () => turns, stop: () => void (isOver = true) };
}

it("gives the same from a thread as where it is", async () => {
  const value = [3, { a: undefined, b: [NaN, -0, 2n] }];
  expect(await parsedApart(tasks, asked("count"), { signal: undefined })).toEqual(value);
  expect(await parsedApart(tasks, asked("count"), { signal: undefined, near: 0 })).toEqual(value);
  const json = (): Uint8Array => Buffer.from('{"a":[1,{"b":null}],"__proto__":{"c":NaN}}');
  const near = await parsedApart(jsonTasks, { bytes: json(), file: "m" }, { signal: undefined });
  const far = await parsedApart(jsonTasks, { bytes: json(), file: "m" }, { signal: undefined, near: 0 });
  expect(far).toEqual(near);
  expect(Object.getOwnPropertyDescriptor(far, "__proto__")?.value).toEqual({ c: NaN });
});

it("ends a parse that never ends, and the event loop goes round meanwhile", async () => {
  const stop = new AbortController();
  const clock = countTurns(1000, () => stop.abort());
  const parse = parsedApart(tasks, asked("end never"), { signal: stop.signal, near: 0 });
  await expect(parse).rejects.toThrow(CancelledError);
  clock.stop();
  expect(clock.turns()).toBeGreaterThanOrEqual(1000);
});

it("refuses what takes more memory than its thread has, and this process goes on", async () => {
  const parse = parsedApart(tasks, asked("grow"), { signal: undefined, near: 0, heap: 24 });
  await expect(parse).rejects.toThrow(FormatError);
  await expect(parse).rejects.toThrow("m.bin, byte 0: what it holds takes over 24 MB of memory");
});

it("tells of errors of the format by their class, and of others by their place", async () => {
  const broken = parsedApart(jsonTasks, { bytes: Buffer.from("{"), file: "m.json" }, { signal: undefined, near: 0 });
  await expect(broken).rejects.toThrow(FormatError);
  await expect(broken).rejects.toThrow(/^m\.json, byte 1: /);
  const odd = parsedApart(tasks, asked("fail"), { signal: undefined, near: 0 });
  await expect(odd).rejects.toThrow(WorkerError);
  await expect(odd).rejects.toThrow("m.bin is odd");
});

it("does not begin behind a signal that fired", async () => {
  const parse = parsedApart(tasks, asked("end never"), { signal: AbortSignal.abort() });
  await expect(parse).rejects.toThrow(CancelledError);
});

const beside = async (name: string): Promise<ReturnType<typeof memorySource>> => {
  if (name === "w.bin") return memorySource(new Uint8Array(4 * 20_000), name);
  return memorySource(longHeaders["m.safetensors"](), name);
};
const opened = async (name: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Model> => {
  const source = memorySource(bytes, name);
  return (await openRecognized(source, "m", { signal, siblings: beside })).model;
};

describe.each(Object.keys(longHeaders))("a long header of %s", (name) => {
  const bytes = longHeaders[name]();

  it("opens, and others have turns in the midst of it", async () => {
    expect(bytes.length).toBeGreaterThan(nearBytes);
    const clock = countTurns(0, () => undefined);
    const model = await opened(name, bytes);
    clock.stop();
    expect(model.tensors.length).toBeGreaterThan(0);
    expect(clock.turns()).toBeGreaterThan(8);
    const [first] = model.tensors;
    expect((await first.read()).length).toBe(first.parameters);
  });

  it("is given up in a turn of the event loop", async () => {
    const stop = new AbortController();
    const order: string[] = [];
    const clock = countTurns(4, () => {
      order.push("stopped");
      stop.abort();
    });
    await opened(name, bytes, stop.signal).then(
      () => order.push("opened"),
      (error: unknown) => order.push(error instanceof CancelledError ? "given up" : String(error)),
    );
    clock.stop();
    expect(order).toEqual(["stopped", "given up"]);
  });
});

it("a short header makes no thread: its bytes stay with who gave them", async () => {
  const source = memorySource(
    safetensorsFile('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    "m.safetensors",
  );
  const { model } = await openRecognized(source, "m", { signal: undefined, siblings: beside });
  expect(model.tensors.map(({ name }) => name)).toEqual(["a"]);
});
