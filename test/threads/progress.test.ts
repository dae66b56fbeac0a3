import { setHostProvider, type Progress } from "../../kernel/host";
import { ProgressMeter } from "../../kernel/threads/progress";

let now: number;
beforeEach(() => {
  now = 1000;
  jest.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
  setHostProvider(() => ({}));
});

function meter(total = 100) {
  const told: Progress[] = [];
  return { meter: new ProgressMeter("quantizing", total, (progress) => told.push(progress)), told };
}

describe("progress", () => {
  test("is told with what is in hand and how much is done", () => {
    const { meter: own, told } = meter();
    own.begin("a");
    now += 100;
    own.advance(30, "a");
    expect(told).toEqual([
      { task: "quantizing", done: 0, total: 100, unit: "weights", item: "a" },
      { task: "quantizing", done: 30, total: 100, unit: "weights", item: "a" },
    ]);
  });

  test("is told ten times a second at most, and counted all the same", () => {
    const { meter: own, told } = meter();
    own.advance(10, "a");
    now += 99;
    own.advance(10, "b");
    now += 1;
    own.advance(10, "c");
    expect(told.map(({ done }) => done)).toEqual([10, 30]);
  });

  test("is always told at the end", () => {
    const { meter: own, told } = meter();
    own.advance(99, "a");
    own.advance(1, "b");
    expect(told.map(({ done }) => done)).toEqual([99, 100]);
  });

  test("goes to the running cell where nobody else watches, and to the watcher alone where one does", () => {
    const host: Progress[] = [];
    setHostProvider(() => ({ progress: (progress) => host.push(progress) }));
    new ProgressMeter("a", 1, undefined).advance(1, "x");
    meter(1).meter.advance(1, "y");
    expect(host.map(({ task }) => task)).toEqual(["a"]);
  });

  test("is told to nobody in a script", () => {
    expect(() => new ProgressMeter("a", 1, undefined).advance(1, "x")).not.toThrow();
  });
});
