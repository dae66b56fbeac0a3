import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { History } from "../../kernel/session/history";
import { historyReply } from "../../kernel/session/history-request";

let folder: string;
let history: History;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-"));
  history = new History(folder);
  history.add(1, "a = 1");
  history.add(2, "b = 2", "2");
  history.add(3, "a = 1");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entries = (content: Record<string, unknown>) =>
  (historyReply(history, content) as { history: unknown[] }).history;

test.each([
  [
    { hist_access_type: "tail", n: 2 },
    [
      [1, 2, "b = 2"],
      [1, 3, "a = 1"],
    ],
  ],
  [{ hist_access_type: "tail", n: -1 }, []],
  [{ hist_access_type: "tail", n: 0 }, []],
  [
    {},
    [
      [1, 1, "a = 1"],
      [1, 2, "b = 2"],
      [1, 3, "a = 1"],
    ],
  ],
  [
    { hist_access_type: "range", session: 0, start: 2 },
    [
      [1, 2, "b = 2"],
      [1, 3, "a = 1"],
    ],
  ],
  [{ hist_access_type: "range", start: 1, stop: 2 }, [[1, 1, "a = 1"]]],
  [{ hist_access_type: "range", session: 9 }, []],
  [
    { hist_access_type: "search", pattern: "a*" },
    [
      [1, 1, "a = 1"],
      [1, 3, "a = 1"],
    ],
  ],
  [{ hist_access_type: "search", pattern: "a*", unique: true }, [[1, 3, "a = 1"]]],
  [{ hist_access_type: "search", n: 1 }, [[1, 3, "a = 1"]]],
  [
    { hist_access_type: "search", pattern: 5, n: 1.5 },
    [
      [1, 1, "a = 1"],
      [1, 2, "b = 2"],
      [1, 3, "a = 1"],
    ],
  ],
])("%p gives %p", (content, expected) => {
  expect(entries(content)).toEqual(expected);
});

test("an answer says that all is well, also where nothing is found", () => {
  expect(historyReply(history, { hist_access_type: "search", pattern: "nothing" })).toEqual({
    status: "ok",
    history: [],
  });
});

test("outputs come beside the inputs where they are asked for, null where there is none", () => {
  expect(entries({ hist_access_type: "tail", n: 2, output: true })).toEqual([
    [1, 2, ["b = 2", "2"]],
    [1, 3, ["a = 1", null]],
  ]);
  expect(entries({ hist_access_type: "tail", n: 1, output: "yes" })).toEqual([[1, 3, "a = 1"]]);
});
