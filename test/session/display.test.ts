import { asBundle, displaySymbol, showValue, valueText } from "../../kernel/session/display";

describe("asBundle", () => {
  test("knows data by MIME types, bare or under data", () => {
    expect(asBundle({ "text/html": "a" })).toEqual({ data: { "text/html": "a" } });
    expect(asBundle({ data: { "text/html": "a" }, metadata: { b: 1 }, buffers: [], other: 1 })).toEqual({
      data: { "text/html": "a" },
      metadata: { b: 1 },
      buffers: [],
    });
    expect(asBundle({ "application/x+json; charset=utf-8": {} })).toBeDefined();
  });

  test.each([
    {},
    { a: 1 },
    { "text/html": "a", b: 1 },
    { data: {} },
    { data: { a: 1 } },
    [],
    null,
    "text/html",
    new Map(),
    new (class {
      "text/html" = "a";
    })(),
  ])("takes %p for a value", (value) => {
    expect(asBundle(value)).toBeUndefined();
  });

  test("survives a value whose properties throw", () => {
    expect(
      asBundle(
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error("no");
            },
          },
        ),
      ),
    ).toBeUndefined();
  });
});

describe("showValue", () => {
  const own = (show: () => unknown) => ({ [displaySymbol]: show, name: "value" });

  test("gives text of a plain value", () => {
    expect(showValue({ a: [1] })).toEqual({ data: { "text/plain": "{ a: [ 1 ] }" } });
  });

  test("lets a value show itself, and adds text where it gives none", async () => {
    expect(showValue(own(() => ({ "text/html": "h", "text/plain": "p" })))).toEqual({
      data: { "text/html": "h", "text/plain": "p" },
    });
    const added = await showValue(own(() => ({ data: { "text/html": "h" }, metadata: { m: 1 } })));
    expect(added).toMatchObject({
      data: { "text/html": "h", "text/plain": expect.stringContaining("name") as string },
      metadata: { m: 1 },
    });
  });

  test("waits for a method that takes its time", async () => {
    expect(await showValue(own(async () => ({ "text/plain": "later" })))).toEqual({ data: { "text/plain": "later" } });
  });

  test("calls the method on the value", () => {
    const value = {
      text: "mine",
      [displaySymbol]() {
        return { "text/plain": this.text };
      },
    };
    expect(showValue(value)).toEqual({ data: { "text/plain": "mine" } });
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("says when the method %s", async (_, show) => {
    const { data } = await showValue(own(show));
    expect(data["text/plain"]).toContain("[its Jupyter.display method failed: broken]");
  });

  test("says what a method must return", async () => {
    const { data } = await showValue(own(() => 5));
    expect(data["text/plain"]).toContain("it must return { mime type: data }");
  });
});

describe("valueText", () => {
  test("is as Node's console has it, strings in quotes", () => {
    expect(valueText("a")).toBe("'a'");
    expect(valueText(-0)).toBe("-0");
    expect(valueText({ a: { b: { c: { d: 1 } } } })).toBe("{ a: { b: { c: [Object] } } }");
  });

  test("gives dtype, shape and values of a tensor, or that it is gone", () => {
    const tensor = {
      shape: [2, 2],
      dtype: "float32",
      rankType: "2",
      dataSync: () => [1],
      toString: () => "Tensor\n  values:\n    [[1, 2]]",
    };
    expect(valueText(tensor)).toBe("Tensor float32 [2, 2]\n    [[1, 2]]");
    expect(valueText({ ...tensor, toString: () => "Tensor values: 5" })).toBe("Tensor float32 [2, 2] 5");
    expect(valueText({ ...tensor, isDisposedInternal: true })).toBe("Tensor float32 [2, 2] (disposed)");
  });

  test("calls nothing of a proxy", () => {
    const calls: string[] = [];
    const proxy = new Proxy({ a: 1 }, { get: (target, key) => (calls.push(String(key)), Reflect.get(target, key)) });
    expect(valueText(proxy)).toContain("Proxy");
    expect(calls).toEqual([]);
  });

  test("of a value that cannot be printed says so", () => {
    const value = {
      [Symbol.for("nodejs.util.inspect.custom")]() {
        throw new Error("no text");
      },
    };
    expect(valueText(value)).toBe("[object that cannot be printed: no text]");
  });
});
