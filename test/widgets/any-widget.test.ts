import { AnyWidget } from "../../kernel/widgets/any-widget";
import { FrontEnd } from "./fake-comms";

const esm = "export default { render() {} }";

test("a module's state is shared under its own names, bytes included", () => {
  const frontEnd = new FrontEnd();
  const widget = new AnyWidget({ esm, css: "b {}", state: { value: 1, someBytes: new Uint8Array([1]) } });
  expect(frontEnd.opened(widget.id)).toMatchObject({ _esm: esm, _css: "b {}", value: 1 });
  expect(frontEnd.sent.at(-1)).toMatchObject({ data: { buffer_paths: [["someBytes"]] } });
  const heard: unknown[] = [];
  widget.observe(({ new: value }) => heard.push(value));
  frontEnd.change(widget.id, { value: 2 });
  widget.set({ value: 200 });
  expect([heard, widget.get("value")]).toEqual([[2, 200], 200]);
});

test("messages go both ways with their bytes", () => {
  const frontEnd = new FrontEnd();
  const heard: unknown[] = [];
  const widget = new AnyWidget({ esm }).onMessage((content, buffers) => heard.push([content, buffers]));
  frontEnd.send(widget.id, { method: "custom", content: "hello" }, [new Uint8Array([5])]);
  expect(heard).toEqual([["hello", [new Uint8Array([5])]]]);
  widget.send({ a: 1 });
  expect(frontEnd.messages(widget.id).at(-1)).toEqual({ method: "custom", content: { a: 1 } });
});

test("no module, taken names and functions are refused", () => {
  void new FrontEnd();
  expect(() => new AnyWidget({ esm: "" })).toThrow("it takes the text of a module");
  expect(() => new AnyWidget({} as { esm: string })).toThrow("esm is undefined");
  for (const name of ["_esm", "observe", "layout", "close"])
    expect(() => new AnyWidget({ esm, state: { [name]: 1 } })).toThrow(`the name "${name}" in the state is taken`);
  expect(() => new AnyWidget({ esm, state: { f: () => 1 } })).toThrow("the state holds JSON and bytes");
  expect(() => new AnyWidget({ esm, state: [] as unknown as object })).toThrow("it takes values by name");
});
