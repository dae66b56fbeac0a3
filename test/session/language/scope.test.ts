import { mainProcess } from "../../../kernel/session/language/realm";
import { Scope } from "../../../kernel/session/language/scope";

/** A variable of a cell, as the cell's header publishes it. */
function variable(initial?: unknown, isReady = true) {
  const state = { value: initial, isReady };
  const get = () => {
    if (!state.isReady) throw new ReferenceError("Cannot access before initialization");
    return state.value;
  };
  const set = (value: unknown) => void (state.value = value);
  return { state, pair: [get, set] as const };
}

describe("names that cells share", () => {
  test("are read and assigned through one handle", () => {
    const scope = new Scope();
    const { state, pair } = variable(1);
    scope.publish({ a: pair });
    const handle = scope.handle("a");
    expect(handle.value).toBe(1);
    handle.value = 2;
    expect(state.value).toBe(2);
    expect(scope.handle("a")).toBe(handle);
  });

  test("that nobody gave a value are the process's own or missing, and come to life when a cell declares them", () => {
    const scope = new Scope();
    const handle = scope.handle("later");
    expect(() => handle.value).toThrow("later is not defined");
    expect(scope.handle("process").value).toBe(mainProcess);
    expect(scope.peek("later")).toBeUndefined();
    scope.publish({ later: variable(3).pair });
    expect([handle.value, scope.peek("later"), scope.peek("never")]).toEqual([3, 3, undefined]);
    expect(scope.names()).toEqual(["later", "process"]);
  });

  test("mean what the last cell says: handles of earlier cells follow", () => {
    const scope = new Scope();
    const first = variable("old");
    scope.publish({ a: first.pair });
    const handle = scope.handle("a");
    scope.publish({ a: variable("new").pair });
    expect(handle.value).toBe("new");
    handle.value = "changed";
    expect(first.state.value).toBe("old");
  });

  test("that are constant refuse an assignment, also after they could be assigned", () => {
    const scope = new Scope();
    scope.publish({ a: variable(1).pair });
    scope.publish({ a: [() => 2] });
    expect(() => (scope.handle("a").value = 3)).toThrow("Assignment to constant variable.");
    expect(scope.handle("a").value).toBe(2);
  });
});

describe("a cell that ended early", () => {
  test("gives names back that it did not come to initialise, and keeps those that it did", () => {
    const scope = new Scope();
    scope.publish({ a: variable("a before").pair, b: variable("b before").pair });
    const [done, missed] = [variable("a after"), variable(undefined, false)];
    const { takeBack } = scope.publish({ a: done.pair, b: missed.pair });
    takeBack();
    expect([scope.handle("a").value, scope.handle("b").value]).toEqual(["a after", "b before"]);
    scope.handle("b").value = "assigned";
    expect([scope.handle("b").value, missed.state.value]).toEqual(["assigned", undefined]);
  });

  test("takes nothing back that a later cell declared meanwhile", () => {
    const scope = new Scope();
    scope.publish({ a: variable("first").pair });
    const { takeBack } = scope.publish({ a: variable(undefined, false).pair });
    scope.publish({ a: variable("third").pair });
    takeBack();
    expect(scope.handle("a").value).toBe("third");
  });

  test("leaves a name that was new as it is", () => {
    const scope = new Scope();
    const missed = variable(undefined, false);
    scope.publish({ fresh: missed.pair }).takeBack();
    expect(() => scope.handle("fresh").value).toThrow(ReferenceError);
  });

  test("is initialised once one of its names is, or when it has none", () => {
    const scope = new Scope();
    const [one, two] = [variable(1, false), variable(2, false)];
    const { initialised } = scope.publish({ one: one.pair, two: two.pair });
    expect(initialised()).toBe(false);
    two.state.isReady = true;
    expect(initialised()).toBe(true);
    expect(scope.publish({}).initialised()).toBe(true);
  });
});
