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

function display(): { shown: Shown[]; display: ProgressDisplay } {
  const shown: Shown[] = [];
  const output = {
    display: (bundle: MimeBundle, options: { displayId?: string; update?: boolean } = {}) =>
      void shown.push({ text: bundle.data["text/plain"], id: options.displayId, update: options.update }),
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

test("a layer's name is data", () => {
  const html = progressHtml(describeProgress(progress(1, { item: "<img src=x onerror=alert(1)>" }), 1));
  expect(html).not.toContain("<img");
});

test("short work shows nothing", () => {
  const { shown, display: line } = display();
  line.report(progress(1));
  line.report(progress(74));
  line.close();
  jest.advanceTimersByTime(1000);
  expect(shown).toEqual([]);
});

test("one line, ten updates a second at most, taken away at the end", () => {
  const { shown, display: line } = display();
  for (let i = 0; i < 1000; i++) {
    line.report(progress(Math.floor(i / 14)));
    jest.advanceTimersByTime(1);
  }
  expect(shown.length).toBeGreaterThanOrEqual(7);
  expect(shown.length).toBeLessThanOrEqual(10);
  line.close();
  line.report(progress(1));
  jest.advanceTimersByTime(1000);
  expect(shown.at(-1)?.text).toBe("");
  expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
  expect(shown.map(({ update }) => update)).toEqual([false, ...Array<boolean>(shown.length - 1).fill(true)]);
});
