import type { MimeBundle } from "../../kernel/session/language/types";
import { describeProgress, ProgressDisplay, progressHtml, progressText } from "../../kernel/session/progress";
import type { Progress } from "../../kernel/host";

const progress = (done: number, more: Partial<Progress> = {}): Progress => ({
  task: "quantizing",
  done,
  total: 74,
  unit: "layers",
  item: "encoder.layer.0",
  ...more,
});

type Shown = { text: unknown; id?: string | undefined; update?: boolean | undefined };

function display(alone = true): { shown: Shown[]; display: ProgressDisplay } {
  const shown: Shown[] = [];
  const output = {
    display: (bundle: MimeBundle, options: { displayId?: string; update?: boolean } = {}) =>
      void shown.push({ text: bundle.data["text/plain"], id: options.displayId, update: options.update }),
    clear: () => void shown.push({ text: "(cleared)", id: undefined, update: undefined }),
    isAlone: () => alone,
  };
  return { shown, display: new ProgressDisplay(output, () => Date.now()) };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("what the line says", () => {
  // 37 of 74 after 10 s: 3.7 a second, 10 s left.
  const line = describeProgress(progress(37), 10);
  expect(line.facts).toEqual(["50 %", "37 of 74 layers", "3.7 layers/s", "10 s left"]);
  expect(progressText(line)).toBe(
    `quantizing ${"█".repeat(12)}${"░".repeat(12)} ${line.facts.join(", ")}: encoder.layer.0`,
  );
  const bytes = describeProgress({ task: "reading", done: 45e6, total: 90e6, unit: "bytes" }, 0.5);
  expect(bytes.facts).toEqual(["50 %", "45 MB of 90 MB", "90 MB/s", "1 s left"]);
  expect(describeProgress(progress(0), 0).facts).toEqual(["0 %", "0 of 74 layers"]);
  expect(describeProgress(progress(0, { total: 0 }), 1).fraction).toBe(0);
});

test.each([
  [0.2, "1 s left"],
  [59, "59 s left"],
  [59.5, "1 min 0 s left"],
  [61, "1 min 1 s left"],
  [3_599, "59 min 59 s left"],
  [3_600, "1 h 0 min left"],
  [3_661, "1 h 1 min left"],
  [7_320, "2 h 2 min left"],
])("%d seconds that are left are %s", (seconds, words) => {
  // Half is done, so that the other half takes as long.
  expect(describeProgress(progress(37), seconds).facts.at(-1)).toBe(words);
});

test.each([
  [999, "layers", "999 layers"],
  [1_000, "layers", "1 k layers"],
  [1_234, "weights", "1.2 k weights"],
  [99_900, "weights", "99.9 k weights"],
  [100_400, "weights", "100 k weights"],
  [1e6, "bytes", "1 MB"],
  [2.5e9, "bytes", "2.5 GB"],
  [7e12, "bytes", "7 TB"],
  [7e15, "bytes", "7000 TB"],
] as const)("%d %s are written %s", (total, unit, words) => {
  expect(describeProgress(progress(0, { total, unit }), 1).facts[1]).toBe(
    `0${unit === "bytes" ? " B" : ""} of ${words}`,
  );
});

test("work that is done has no time left, and more than all is all", () => {
  expect(describeProgress(progress(74), 2).facts).toEqual(["100 %", "74 of 74 layers", "37 layers/s"]);
  expect(describeProgress(progress(80), 2).fraction).toBe(1);
  expect(describeProgress(progress(-1), 2).fraction).toBe(0);
  expect(describeProgress(progress(1, { total: 1 }), 0).facts).toEqual(["100 %", "1 of 1 layers"]);
});

test("percents are of work that is finished: 99.9 are 99", () => {
  expect(describeProgress(progress(999, { total: 1_000 }), 0).facts[0]).toBe("99 %");
});

test("the line as HTML has a bar, the facts, and names as data", () => {
  const task = 'a & "b"';
  const item = "<img src=x onerror=alert(1)> & <b>";
  expect(progressHtml(describeProgress(progress(37, { task, item }), 0))).toBe(
    '<div><label>a &amp; &quot;b&quot; <progress max="1" value="0.500"></progress></label> ' +
      "50 %, 37 of 74 layers <code>&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;</code></div>",
  );
  const { item: none, ...nameless } = progress(37);
  expect(none).toBeDefined();
  expect(progressHtml(describeProgress(nameless, 0))).not.toContain("<code>");
  expect(progressText(describeProgress(nameless, 0))).toMatch(/ 37 of 74 layers$/);
});

test("short work shows nothing", () => {
  const { shown, display: line } = display();
  line.report(progress(1));
  line.report(progress(74));
  line.close();
  jest.advanceTimersByTime(1000);
  expect(shown).toEqual([]);
});

/** A display whose clock the test moves, with what it showed and when. */
function clocked() {
  const shown: { at: number; text: string; html: string; update: boolean; id: string }[] = [];
  const begin = Date.now();
  const output = {
    display: (
      { data }: MimeBundle,
      { displayId = "", update = false }: { displayId?: string; update?: boolean } = {},
    ) =>
      void shown.push({
        at: Date.now() - begin,
        text: String(data["text/plain"]),
        html: String(data["text/html"]),
        update,
        id: displayId,
      }),
    clear: () => void shown.push({ at: Date.now() - begin, text: "", html: "", update: true, id: "" }),
    isAlone: () => true,
  };
  return { shown, line: new ProgressDisplay(output, () => Date.now()) };
}

test("the line comes after 200 ms, and is changed 100 ms apart at least, with the latest that is known", () => {
  const { shown, line } = clocked();
  for (let i = 0; i < 50; i++) {
    line.report(progress(i));
    jest.advanceTimersByTime(10);
  }
  expect(shown.map(({ at }) => at)).toEqual([200, 300, 400, 500]);
  expect(shown.map(({ text }) => /(\d+) of 74/.exec(text)?.[1])).toEqual(["19", "29", "39", "49"]);
  expect(shown.map(({ update }) => update)).toEqual([false, true, true, true]);
  expect(shown[0].text).toContain("95 layers/s"); // 19 in 0.2 s
  expect(shown[0].html).toContain("<progress");
  expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
});

test("a report that stands alone is shown when its time has come", () => {
  const { shown, line } = clocked();
  line.report(progress(1));
  jest.advanceTimersByTime(10_000);
  expect(shown.map(({ at }) => at)).toEqual([200]);
  line.report(progress(2));
  expect(shown.map(({ at }) => at)).toEqual([200, 10_000]);
});

test("a task's time counts from its own begin, and so does that of one that begins anew", () => {
  const { shown, line } = clocked();
  line.report(progress(1, { task: "reading" }));
  jest.advanceTimersByTime(10_000);
  line.report(progress(0));
  jest.advanceTimersByTime(2_000);
  line.report(progress(20));
  expect(shown.at(-1)?.text).toContain("10 layers/s");
  jest.advanceTimersByTime(8_000);
  line.report(progress(10));
  jest.advanceTimersByTime(2_000);
  line.report(progress(20));
  expect(shown.at(-1)?.text).toContain("10 layers/s");
  // A second task does not wait for 200 ms of its own.
  line.report(progress(1, { task: "packing" }));
  jest.advanceTimersByTime(100);
  expect(shown.at(-1)?.text).toContain("packing");
});

test("the line is taken away at the end, and what is reported after it is not shown", () => {
  const { shown, line } = clocked();
  line.report(progress(1));
  jest.advanceTimersByTime(200);
  line.report(progress(2));
  line.close();
  for (let i = 3; i < 6; i++) {
    line.report(progress(i));
    jest.advanceTimersByTime(1_000);
  }
  expect(shown).toHaveLength(2);
  // The output is cleared, and no empty one is left.
  expect(shown[1]).toEqual({ at: 200, text: "", html: "", update: true, id: "" });
});

test("two lines are two displays", () => {
  const [one, two] = [clocked(), clocked()];
  for (const { line } of [one, two]) line.report(progress(1));
  jest.advanceTimersByTime(200);
  expect(one.shown[0].id).not.toBe(two.shown[0].id);
  expect(one.shown[0].id).not.toBe("");
});

test("what is left names every task, in an order that does not hang on which ended last", () => {
  for (const tasks of [
    ["hashing", "compressing"],
    ["compressing", "hashing"],
  ]) {
    const { shown, display: progress } = display(false);
    for (const task of tasks) {
      progress.report({ task, done: 0, total: 10, unit: "weights" });
      jest.advanceTimersByTime(1000);
      progress.report({ task, done: 10, total: 10, unit: "weights" });
    }
    progress.close();
    expect(shown.at(-1)?.text).toBe("compressing: 10 weights, hashing: 10 weights");
  }
});
