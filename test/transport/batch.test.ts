import { BATCH_CHARACTERS, BATCH_MS, StreamBatch } from "../../kernel/transport/batch";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function batch(): { sent: string[]; batch: StreamBatch } {
  const sent: string[] = [];
  return { sent, batch: new StreamBatch((request, name, text) => sent.push(`${request} ${name} ${text}`)) };
}

test("gathers lines until the time is over", () => {
  const { sent, batch: lines } = batch();
  lines.add(1, "stdout", "a");
  lines.add(1, "stdout", "b");
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(BATCH_MS);
  expect(sent).toEqual(["1 stdout ab"]);
  jest.advanceTimersByTime(1000);
  expect(sent.length).toBe(1);
});

test("another stream or another cell sends what came before", () => {
  const { sent, batch: lines } = batch();
  lines.add(1, "stdout", "a");
  lines.add(1, "stderr", "b");
  lines.add(2, "stderr", "c");
  lines.flush();
  lines.flush();
  expect(sent).toEqual(["1 stdout a", "1 stderr b", "2 stderr c"]);
});

test("text waits a fiftieth of a second, or until there are 16384 units of it", () => {
  expect([BATCH_MS, BATCH_CHARACTERS]).toEqual([20, 16_384]);
});

test("much text is sent at once, and then gathered anew", () => {
  const { sent, batch: lines } = batch();
  lines.add(1, "stdout", "x".repeat(BATCH_CHARACTERS - 1));
  expect(sent.length).toBe(0);
  lines.add(1, "stdout", "y");
  expect(sent[0].length).toBe(BATCH_CHARACTERS + "1 stdout ".length);
  lines.add(1, "stdout", "z");
  expect(sent.length).toBe(1);
  jest.advanceTimersByTime(BATCH_MS);
  expect(sent.slice(1)).toEqual(["1 stdout z"]);
});
