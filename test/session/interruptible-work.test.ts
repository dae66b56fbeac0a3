import { Interrupted } from "../../kernel/session/cell";
import { runInterruptibly } from "../../kernel/session/interruptible-work";

function started<T>(work: () => Promise<T>) {
  const phases: boolean[] = [];
  const reasons: Error[] = [];
  const { outcome, stoppable } = runInterruptibly({
    request: 3,
    work,
    interrupt: (reason) => reasons.push(reason),
    setUserPhase: (user) => phases.push(user),
  });
  return { outcome, stoppable, phases, reasons };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("work that can be interrupted", () => {
  test("starts in a turn of its own, in the user's phase, and gives its value", async () => {
    let ran = false;
    const { outcome, phases, stoppable } = started(async () => ((ran = true), 7));
    expect([ran, phases, stoppable.request]).toEqual([false, [], 3]);
    expect(await outcome).toBe(7);
    expect(phases).toEqual([true, false]);
  });

  test("that throws, at once or later, rejects with that, and leaves the user's phase", async () => {
    const error = new Error("own");
    const sync = started((): Promise<never> => {
      throw error;
    });
    await expect(sync.outcome).rejects.toBe(error);
    expect(sync.phases).toEqual([true, false]);
    await expect(started(() => Promise.reject(error)).outcome).rejects.toBe(error);
  });

  test("that was stopped before it started does not start", async () => {
    let ran = false;
    const { outcome, stoppable } = started(async () => ((ran = true), 7));
    stoppable.stop("interrupt", new Interrupted());
    await expect(outcome).rejects.toBeInstanceOf(Interrupted);
    expect(ran).toBe(false);
  });

  test("that ends in its own way after it was asked to stop keeps its value", async () => {
    let release: (value: number) => void = () => undefined;
    const { outcome, stoppable, reasons } = started(() => new Promise<number>((resolve) => (release = resolve)));
    await turn();
    stoppable.stop("interrupt", new Interrupted());
    expect(reasons).toEqual([expect.any(Interrupted)]);
    release(7);
    expect(await outcome).toBe(7);
  });

  test.each([
    ["interrupt", 1_000],
    ["terminated", 20],
  ] as const)("that does not settle after %s is given up after %d ms", async (how, milliseconds) => {
    const { outcome, stoppable } = started(() => new Promise(() => undefined));
    await turn();
    jest.useFakeTimers();
    let error: unknown;
    outcome.catch((reason: unknown) => (error = reason));
    stoppable.stop(how, new Interrupted());
    await jest.advanceTimersByTimeAsync(milliseconds - 1);
    expect(error).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(error).toBeInstanceOf(Interrupted);
    jest.useRealTimers();
  });
});
