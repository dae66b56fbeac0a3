/** Every widget on the wire against what ipywidgets and anywidget say of theirs (test/fixtures/widgets/make_widgets.py), and what widgets share. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { setHostProvider } from "../../kernel/host";
import * as widgets from "../../kernel/widgets";
import type { Widget } from "../../kernel/widgets/widget";
import { FrontEnd } from "./fake-comms";

interface Reference {
  readonly state: Record<string, unknown>;
  readonly buffer_paths: unknown[];
  readonly buffers: string[];
  readonly style: Record<string, unknown> | null;
}
const states = JSON.parse(
  readFileSync(path.resolve(__dirname, "../../../test/fixtures/widgets/states.json"), "utf8"),
) as Record<string, Reference>;

let frontEnd: FrontEnd;
beforeEach(() => (frontEnd = new FrontEnd()));

const made: Record<string, () => Widget> = {
  IntSlider: () => new widgets.IntSlider({ value: 4, min: 1, max: 8, description: "bits" }),
  FloatSlider: () => new widgets.FloatSlider({ value: 0.5, max: 1, step: 0.05 }),
  Dropdown: () => new widgets.Dropdown({ options: ["int4", "nf4"], value: "nf4" }),
  Checkbox: () => new widgets.Checkbox({ value: true, description: "rotate" }),
  Button: () => new widgets.Button({ description: "Run", buttonStyle: "primary" }),
  Text: () => new widgets.Text({ value: "query", placeholder: "a name" }),
  IntProgress: () => new widgets.IntProgress({ value: 3, max: 10 }),
  FloatProgress: () => new widgets.FloatProgress({ value: 0.5, max: 1, barStyle: "info" }),
  Image: () => new widgets.Image({ value: Buffer.from("abc"), format: "png", width: "20" }),
  HBox: () => new widgets.HBox(),
  VBox: () => new widgets.VBox([], { boxStyle: "info" }),
  Output: () => new widgets.Output(),
  Label: () => new widgets.Label({ value: "a label" }),
  HTML: () => new widgets.HTML({ value: "<b>bold</b>" }),
  AnyWidget: () => new widgets.AnyWidget({ esm: "export default { render() {} }", state: { value: 1 } }),
};
/** What names the maker, or the range of versions that it takes. */
const own = ["_anywidget_id", "_model_module_version", "_view_module_version"];
const without = (state: Record<string, unknown>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !names.includes(name)));

test("each widget of ipywidgets that is made here has a row", () => {
  expect([...Object.keys(made), "Layout"].sort()).toEqual(Object.keys(states).sort());
});

test.each(Object.keys(made))("%s has the state that ipywidgets gives it, to the last word", (name) => {
  const widget = made[name]();
  const reference = states[name];
  const state = frontEnd.opened(widget.id);
  const links = Object.keys(state).filter((key) => String(state[key]).startsWith("IPY_MODEL_"));
  expect(links).toEqual(reference.style === null ? ["layout"] : ["layout", "style"]);
  const versions = name === "AnyWidget" ? own : [];
  expect(without(state, [...links, ...versions])).toEqual(without(reference.state, versions));
  const opening = frontEnd.sent.find(({ id }) => id === widget.id);
  expect(opening?.metadata).toEqual({ version: "2.1.0" });
  expect(opening?.data.buffer_paths).toEqual(reference.buffer_paths);
  expect(opening?.buffers.map((buffer) => Buffer.from(buffer).toString("hex"))).toEqual(reference.buffers);
  const style = String(state.style).replace("IPY_MODEL_", "");
  if (reference.style !== null) expect(frontEnd.opened(style)).toEqual(reference.style);
});

test("a wrong word, a wrong value and a value out of range are errors that say what is right, and nothing is opened", () => {
  const wrong: [() => unknown, string][] = [
    [() => new widgets.IntSlider({ vale: 4 } as object), 'IntSlider(): unknown option "vale"; did you mean "value"?'],
    [() => new widgets.IntSlider({ value: 4.5 }), "IntSlider(): value is 4.5; it takes a whole number"],
    [() => new widgets.IntSlider({ value: 101 }), "IntSlider(): value is 101; it takes a number from 0 to 100"],
    [() => new widgets.IntSlider({ tooltip: 5 as unknown as string }), "IntSlider(): tooltip is 5; it takes a text"],
    [() => new widgets.Image({ style: {} } as object), 'Image(): unknown option "style"'],
    [
      () => new widgets.Text({ layout: "50%" as unknown as Record<string, string> }),
      "Text(): layout takes words of CSS by name",
    ],
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
  expect(frontEnd.sent).toEqual([]);
});

test("what a cell sets goes to the page, what the reader sets comes from there, and observers hear of both", () => {
  const slider = new widgets.IntSlider({ value: 4, max: 8 });
  const heard: unknown[] = [];
  const end = slider.observe(({ name, old, new: value, owner }) => heard.push([name, old, value, owner === slider]));
  slider.value = 5;
  slider.value = 5;
  expect(frontEnd.messages(slider.id)).toEqual([{ method: "update", state: { value: 5 }, buffer_paths: [] }]);
  frontEnd.change(slider.id, { value: 6 });
  expect(slider.value).toBe(6);
  // The page that moved it has the value: it gets an echo, for the order, and no update.
  expect(frontEnd.messages(slider.id).at(-1)).toEqual({ method: "echo_update", state: { value: 6 }, buffer_paths: [] });
  expect(heard).toEqual([
    ["value", 4, 5, true],
    ["value", 5, 6, true],
  ]);
  end();
  slider.value = 7;
  expect(heard).toHaveLength(2);
  slider.observe(({ new: max }) => heard.push(max), "max");
  slider.set({ min: 2, max: 16, value: 9 });
  expect(heard.at(-1)).toBe(16);
  expect(frontEnd.messages(slider.id).at(-1)?.state).toEqual({ min: 2, max: 16, value: 9 });
});

test("an observer that answers with another value sends it to the page", () => {
  const slider = new widgets.IntSlider({ value: 4 });
  slider.observe(({ new: value }) => (slider.value = value - (value % 2)));
  frontEnd.change(slider.id, { value: 7 });
  expect(frontEnd.messages(slider.id).map(({ method, state }) => [method, state])).toEqual([
    ["echo_update", { value: 7 }],
    ["update", { value: 6 }],
  ]);
});

test("a value that a page cannot mean is refused, and the page gets the true one", () => {
  const slider = new widgets.IntSlider({ value: 4, max: 8 });
  expect(() => frontEnd.change(slider.id, { value: 1000 })).toThrow("value is 1000");
  expect(() => frontEnd.change(slider.id, { value: "x" })).toThrow("whole number");
  expect(slider.value).toBe(4);
  expect(frontEnd.messages(slider.id).at(-1)).toEqual({ method: "update", state: { value: 4 }, buffer_paths: [] });
  frontEnd.change(slider.id, { unheard_of: 1 });
  expect(slider.value).toBe(4);
});

test("wrong changes change nothing, and what nobody has cannot be observed", () => {
  const slider = new widgets.IntSlider({ value: 4, max: 8 });
  expect(() => slider.set({ value: 5, max: 3 })).toThrow("value is 5");
  expect(() => slider.set({ vale: 5 })).toThrow('did you mean "value"?');
  expect(() => slider.observe(() => undefined, "valu" as "value")).toThrow('did you mean "value"?');
  expect(() => slider.observe(5 as never)).toThrow("a function");
  expect([slider.value, slider.max]).toEqual([4, 8]);
  expect(frontEnd.messages(slider.id)).toEqual([]);
});

test("a cell shows it by its model, and in words where nothing draws widgets", () => {
  const slider = new widgets.IntSlider({ value: 4 });
  const shown = (widget: Widget) =>
    (widget as unknown as Record<symbol, () => Record<string, unknown>>)[Symbol.for("Jupyter.display")]();
  expect(shown(slider)["application/vnd.jupyter.widget-view+json"]).toEqual({
    version_major: 2,
    version_minor: 0,
    model_id: slider.id,
  });
  expect(shown(slider)["text/plain"]).toContain("IntSlider 4. ");
  expect(shown(slider)["text/plain"]).toContain("pip install jupyterlab_widgets");
  expect(shown(made.AnyWidget())["text/plain"]).toContain("pip install anywidget");
  slider.close();
  expect(shown(slider)).toEqual({ "text/plain": "IntSlider 4, closed" });
  expect(inspect(slider)).toMatch(/^IntSlider \{\n {2}value: 4,[^]*\(closed\)$/);
});

test("closing takes layout and style along, and a closed widget refuses", () => {
  const slider = new widgets.IntSlider();
  slider.close();
  slider.close();
  expect(frontEnd.sent.filter(({ type }) => type === "close")).toHaveLength(3);
  expect(slider.closed).toBe(true);
  expect(() => (slider.value = 5)).toThrow("the widget IntSliderModel is closed");
  expect(slider.value).toBe(0);
  const other = new widgets.Text();
  frontEnd.close(other.id);
  expect(other.closed).toBe(true);
});

test("outside a notebook there is no widget", () => {
  setHostProvider(() => ({}));
  expect(() => new widgets.IntSlider()).toThrow("comms need a front end");
});
