import { Cell, InputError, Interrupted, type CellOptions } from "../../kernel/session/cell";
import type { CommHost } from "../../kernel/session/language/types";
import type { Publication, TransportLine } from "../../kernel/transport/line";
import type { InputAnswer } from "../../kernel/transport/shared";

const comm = { open: () => undefined, registerTarget: () => undefined } as unknown as CommHost;

/** `answer` is what comes of a question. */
function cell(
  options: CellOptions = { quiet: false, allowInput: true },
  answer: (prompt: string) => InputAnswer = () => ({ value: "yes" }),
) {
  const posted: (Omit<Publication, "content"> & { content: unknown })[] = [];
  const interrupts: true[] = [];
  const printed: unknown[] = [];
  const line = {
    publish: (message: Publication, look?: () => void) => {
      look?.();
      posted.push({ ...message, content: JSON.parse(message.content) as unknown });
    },
    takeInterrupt: () => interrupts.pop() !== undefined,
    print: (request: number, name: string, text: string, look?: () => void) => {
      look?.();
      printed.push([request, name, text]);
    },
    ask: (_: number, prompt: string) => answer(prompt),
  } as unknown as TransportLine;
  return { cell: new Cell(5, line, comm, options), posted, printed, interrupt: () => interrupts.push(true) };
}

describe("a cell's output", () => {
  test("is shown under its request, with metadata of the bundle and of the call, and its buffers", () => {
    const { cell: own, posted } = cell();
    const buffers = [Uint8Array.of(1)];
    own.display({ data: { "text/plain": "a" }, metadata: { x: 1, y: 1 }, buffers }, { metadata: { y: 2 } });
    expect(posted).toMatchObject([
      {
        request: 5,
        type: "display_data",
        content: { data: { "text/plain": "a" }, metadata: { x: 1, y: 2 }, transient: {} },
        buffers,
      },
    ]);
  });

  test("is updated under its id", () => {
    const { cell: own, posted } = cell();
    own.display({ data: {} }, { displayId: "d" });
    own.display({ data: {} }, { displayId: "d", update: true });
    expect(posted.map(({ type, content }) => [type, content])).toEqual([
      ["display_data", { data: {}, metadata: {}, transient: { display_id: "d" } }],
      ["update_display_data", { data: {}, metadata: {}, transient: { display_id: "d" } }],
    ]);
  });

  test("is printed and cleared", () => {
    const { cell: own, posted, printed } = cell();
    own.stream("stderr", "text");
    own.clear(true);
    expect(printed).toEqual([[5, "stderr", "text"]]);
    expect(posted).toMatchObject([{ type: "clear_output", content: { wait: true } }]);
  });

  test("of a quiet cell is none", () => {
    const { cell: own, posted, printed } = cell({ quiet: true, allowInput: false });
    own.stream("stdout", "text");
    own.display({ data: {} });
    own.clear(false);
    expect([posted, printed]).toEqual([[], []]);
  });
});

test("a question is refused where nobody answers, and after an interrupt", () => {
  expect(() => cell({ quiet: false, allowInput: false }).cell.input("?", false)).toThrow(InputError);
  const { cell: own } = cell();
  expect(own.input("?", false)).toBe("yes");
  own.interrupt(new Interrupted());
  expect(() => own.input("?", false)).toThrow(Interrupted);
});

test("a question that nobody hears is an error, and one that is interrupted ends as the cell does", () => {
  const failing = (failure: "interrupted" | "unreachable") =>
    cell({ quiet: false, allowInput: true }, () => ({ failure })).cell;
  expect(() => failing("unreachable").input("?", false)).toThrow(
    expect.objectContaining({ name: "InputError", message: expect.stringContaining("does not listen") as string }),
  );
  expect(() => failing("interrupted").input("?", false)).toThrow(
    expect.objectContaining({ name: "Interrupted", message: "the cell was interrupted" }),
  );
});

test("a prompt is text, whatever the cell gives", () => {
  const asked: unknown[] = [];
  const { cell: own } = cell({ quiet: false, allowInput: true }, (prompt) => (asked.push(prompt), { value: "" }));
  own.input(5 as unknown as string, false);
  expect(asked).toEqual(["5"]);
});

test("progress is shown while the cell runs, and taken away at its end", () => {
  jest.useFakeTimers();
  try {
    const { cell: own, posted } = cell();
    own.progress({ task: "quantizing", done: 1, total: 2, unit: "layers" });
    jest.advanceTimersByTime(200);
    own.end();
    own.progress({ task: "quantizing", done: 2, total: 2, unit: "layers" });
    jest.advanceTimersByTime(1_000);
    expect(posted.map(({ type }) => type)).toEqual(["display_data", "clear_output"]);
    expect(JSON.stringify(posted[0])).toContain("quantizing");
    expect(posted[1].content).toEqual({ wait: false });
  } finally {
    jest.useRealTimers();
  }
});

test("progress beside other output ends as a few words, and takes nothing along", () => {
  jest.useFakeTimers();
  try {
    const { cell: own, posted } = cell();
    own.progress({ task: "quantizing", done: 1, total: 2, unit: "layers" });
    jest.advanceTimersByTime(200);
    own.stream("stdout", "a line");
    own.progress({ task: "quantizing", done: 2, total: 2, unit: "layers" });
    own.end();
    expect(posted.map(({ type }) => type)).toEqual(["display_data", "update_display_data"]);
    expect(posted[1].content).toMatchObject({ data: { "text/plain": "quantizing: 2 layers" } });
  } finally {
    jest.useRealTimers();
  }
});

test("a question that comes after the end of the cell, as from a timer, is refused: nobody would answer it", () => {
  const asked: string[] = [];
  const { cell: own } = cell({ quiet: false, allowInput: true }, (prompt) => (asked.push(prompt), { value: "" }));
  own.input("before", false);
  own.end();
  expect(() => own.input("after", false)).toThrow(InputError);
  expect(asked).toEqual(["before"]);
});

test("an interrupt fires the signal once, with its reason", () => {
  const { cell: own } = cell();
  const reason = new Interrupted();
  own.interrupt(reason);
  own.interrupt(new Error("second"));
  expect(own.signal.reason).toBe(reason);
});

test("an interrupt ends the first print or display that sees it, with the reason, and lets the next through", () => {
  const reason = new Interrupted();
  for (const put of [(one: Cell) => one.stream("stdout", "text"), (one: Cell) => one.display({ data: {} })]) {
    for (const quiet of [false, true]) {
      const { cell: own, interrupt, posted, printed } = cell({ quiet, allowInput: true, stop: () => reason });
      interrupt();
      if (!quiet || put.toString().includes("stream")) expect(() => put(own)).toThrow(reason);
      expect([posted, printed]).toEqual([[], []]);
      put(own);
      expect(posted.length + printed.length).toBe(quiet ? 0 : 1);
    }
  }
});

test("an interrupt ends no output of the kernel's own, and none after the end of the cell", () => {
  const { cell: own, interrupt, posted, printed } = cell({ quiet: false, allowInput: true, stop: () => new Error() });
  interrupt();
  own.publish("execute_input", {});
  own.end();
  own.stream("stdout", "text");
  expect([posted.length, printed.length]).toEqual([1, 1]);
});

test("an interrupt ends what was started before it, and what is started a second after it", () => {
  const { cell: own } = cell();
  const now = jest.spyOn(performance, "now").mockReturnValue(5_000);
  expect(own.hasStopped(4_000)).toBe(false);
  own.interrupt(new Interrupted());
  now.mockRestore();
  expect([4_999, 5_000, 6_000, 6_001].map((time) => own.hasStopped(time))).toEqual([true, false, false, true]);
});
