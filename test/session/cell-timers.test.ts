import timers from "node:timers";
import { promisify } from "node:util";
import { watchTimers } from "../../kernel/session/cell-timers";

const { mainGlobal } = jest.requireActual<{ mainGlobal: typeof globalThis }>("../../kernel/session/language/realm");
let stopped: (time: number) => boolean = () => false;
let cell: { hasStopped(time: number): boolean } | undefined;
let restore: () => void;
beforeEach(() => {
  stopped = () => false;
  cell = { hasStopped: (time) => stopped(time) };
  restore = watchTimers(() => cell);
});
afterEach(() => restore());

const turn = (milliseconds = 5) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("timers of a cell", () => {
  test("fire as ever, with their arguments, and can be cleared", async () => {
    const fired: unknown[] = [];
    mainGlobal.setTimeout((...all: unknown[]) => fired.push(all), 1, "a", 2);
    mainGlobal.setImmediate((value: unknown) => fired.push(value), "i");
    mainGlobal.clearTimeout(mainGlobal.setTimeout(() => fired.push("cleared"), 1));
    const interval = mainGlobal.setInterval(() => {
      fired.push("tick");
      mainGlobal.clearInterval(interval);
    }, 1);
    await turn(20);
    expect(fired).toHaveLength(3);
    expect(fired).toEqual(expect.arrayContaining(["i", ["a", 2], "tick"]));
  });

  test("are silent once it was interrupted: chains end, and intervals", async () => {
    let ticks = 0;
    mainGlobal.setInterval(() => ticks++, 1);
    const chain = () => void mainGlobal.setImmediate(() => (ticks++, chain()));
    chain();
    await turn();
    stopped = () => true;
    const before = ticks;
    await turn(20);
    expect(before).toBeGreaterThan(0);
    expect(ticks).toBe(before);
  });

  test("are judged by the time at which they were set", async () => {
    const fired: string[] = [];
    mainGlobal.setTimeout(() => fired.push("before"), 10);
    await turn(2);
    const interrupted = performance.now();
    stopped = (time) => time < interrupted;
    mainGlobal.setTimeout(() => fired.push("after"), 1);
    await turn(30);
    expect(fired).toEqual(["after"]);
  });
});

test("code of no cell is left alone", async () => {
  cell = undefined;
  stopped = () => true;
  let fired = 0;
  mainGlobal.setTimeout(() => fired++, 1);
  await turn(20);
  expect(fired).toBe(1);
});

test("the module node:timers is watched too, promisify works, names stay, and all can be taken back", async () => {
  const watched = mainGlobal.setTimeout;
  expect(timers.setTimeout).toBe(watched);
  expect([watched.name, mainGlobal.setInterval.name]).toEqual(["setTimeout", "setInterval"]);
  expect(await promisify(watched)(1, "value")).toBe("value");
  restore();
  expect(mainGlobal.setTimeout).not.toBe(watched);
  expect(timers.setTimeout).toBe(mainGlobal.setTimeout);
});

test("what is no function is refused by Node itself", () => {
  expect(() => mainGlobal.setTimeout("code" as unknown as () => void, 1)).toThrow("must be of type function");
});
