import { CellContext } from "../../../kernel/session/language/context";
import { installGlobals, isSilent } from "../../../kernel/session/language/globals";
import { mainGlobal } from "../../../kernel/session/language/realm";
import { Recorder } from "../notebook";

const named = (name: string) => mainGlobal[name] as (...all: unknown[]) => unknown;
let remove: () => void;
let cell: CellContext | undefined;
let recorder: Recorder;
const before = Object.getOwnPropertyDescriptor(mainGlobal, "display");

beforeEach(() => {
  recorder = new Recorder();
  cell = new CellContext("Cell [1]", recorder);
  remove = installGlobals(() => cell);
});
afterEach(() => remove());

describe("display", () => {
  test("shows a value, and updates it under its id", () => {
    const handle = named("display")({ a: 1 }) as { displayId: string; update(value: unknown): void };
    handle.update({ "text/html": "<b>b</b>" });
    expect(recorder.shown).toEqual([
      { bundle: { data: { "text/plain": "{ a: 1 }" } }, displayId: handle.displayId, update: false },
      { bundle: { data: { "text/html": "<b>b</b>" } }, displayId: handle.displayId, update: true },
    ]);
    expect(isSilent(handle)).toBe(true);
  });

  test("takes the id that it is given, else one of its own", () => {
    expect(named("display")(1, { displayId: "mine" })).toMatchObject({ displayId: "mine" });
    const [one, two] = [named("display")(1), named("display")(1)] as { displayId: string }[];
    expect(one.displayId).not.toBe(two.displayId);
  });

  test("has nowhere to show anything without a cell", () => {
    cell = undefined;
    expect(() => named("display")(1)).toThrow("there is no cell to show this in");
  });
});

describe("html and markdown", () => {
  const shown = (value: unknown) => (value as { [key: symbol]: () => unknown })[Symbol.for("Jupyter.display")]();
  const tag = (name: string, strings: string[], ...values: unknown[]) =>
    named(name)(Object.assign(strings, { raw: strings }), ...values);

  test("give text as it is", () => {
    expect(shown(named("html")("<b>&</b>"))).toEqual({ "text/html": "<b>&</b>", "text/plain": "<b>&</b>" });
    expect(shown(named("markdown")("# a"))).toEqual({ "text/markdown": "# a", "text/plain": "# a" });
  });

  test("html escapes the values of a template, all five letters, and not the template", () => {
    expect(String(tag("html", ["<i>", "</i>"], `<a href="x">'&`))).toBe(
      "<i>&lt;a href=&quot;x&quot;&gt;&#39;&amp;</i>",
    );
  });

  test("put displayable text into a template as it is", () => {
    expect(String(tag("html", ["<p>", "</p>"], named("html")("<b>1</b>")))).toBe("<p><b>1</b></p>");
  });

  test("write numbers and objects as text", () => {
    const text = tag("markdown", ["", " ", ""], 1.5, { a: 1 });
    expect(shown(text)).toEqual({ "text/markdown": "1.5 \\{ a\\: 1 \\}", "text/plain": "1.5 { a: 1 }" });
  });
});

test("input, prompt and password ask as they should, and clearOutput clears", async () => {
  expect(named("input")("a")).toBe("answer to a");
  expect(await named("prompt")("b")).toBe("answer to b");
  expect(named("password")("c")).toBe("answer to c");
  expect(recorder.asked).toEqual([
    ["a", false],
    ["b", false],
    ["c", true],
  ]);
  named("clearOutput")();
  named("clearOutput")(true);
  expect(recorder.cleared).toEqual([false, true]);
});

test("what was there before is there again afterwards", () => {
  remove();
  expect(Object.getOwnPropertyDescriptor(mainGlobal, "display")).toEqual(before);
  remove = installGlobals(() => cell);
  expect(Object.keys(mainGlobal)).not.toContain("display");
});

test("isSilent asks no hostile value", () => {
  const hostile = new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        throw new Error("no");
      },
    },
  );
  expect([isSilent(hostile), isSilent(null), isSilent({}), isSilent(1)]).toEqual([false, false, false, false]);
});
