import { currentHost, setHostProvider } from "../kernel/host";

describe("the current host", () => {
  test("is nobody in a script", () => {
    expect(currentHost()).toEqual({});
  });

  test("is asked for anew at each call, so that every cell has its own", () => {
    let cell = 0;
    const signals = [new AbortController().signal, new AbortController().signal];
    setHostProvider(() => ({ signal: signals[cell] }));
    expect(currentHost().signal).toBe(signals[0]);
    cell = 1;
    expect(currentHost().signal).toBe(signals[1]);
  });
});
