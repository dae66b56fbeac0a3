import { readFileSync } from "node:fs";
import path from "node:path";
import { layoutOf, styleOf } from "../../kernel/widgets/settings";
import { FrontEnd } from "./fake-comms";

const frontEnd = new FrontEnd();
const id = (settings: { reference: string }) => settings.reference.replace("IPY_MODEL_", "");

test("a layout has the words that ipywidgets gives it", () => {
  const states = JSON.parse(
    readFileSync(path.resolve(__dirname, "../../../test/fixtures/widgets/states.json"), "utf8"),
  ) as { Layout: { state: object } };
  expect(frontEnd.opened(id(layoutOf("Text", { width: "50%" })))).toEqual(states.Layout.state);
});

test("words change on the page, a border on its four sides", () => {
  const layout = layoutOf("Text", { border: "1px solid" });
  expect(layout.get("borderLeft")).toBe("1px solid");
  layout.set({ gridTemplateColumns: "1fr 2fr", border: null });
  expect(frontEnd.messages(id(layout)).at(-1)?.state).toEqual({
    grid_template_columns: "1fr 2fr",
    border_top: null,
    border_right: null,
    border_bottom: null,
    border_left: null,
  });
  layout.close();
  expect(() => layout.set({ width: "1px" })).toThrow("closed");
});

test("unknown words and numbers are refused", () => {
  const style = styleOf(
    "IntSlider",
    { model: "SliderStyleModel", words: { handleColor: null } },
    { handleColor: "teal" },
  );
  expect(style.get("handleColor")).toBe("teal");
  expect(() => style.set({ handleColour: "red" })).toThrow('did you mean "handleColor"?');
  expect(() => style.set({ handleColor: 5 as unknown as string })).toThrow("it takes a text as CSS has it");
  expect(() => style.get("width")).toThrow('unknown word "width"');
  expect(() => layoutOf("Text", { widht: "5px" })).toThrow('did you mean "width"?');
});
