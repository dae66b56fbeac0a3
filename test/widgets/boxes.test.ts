import { HBox, VBox } from "../../kernel/widgets/boxes";
import { Label } from "../../kernel/widgets/words";
import { FrontEnd } from "./fake-comms";

test("children travel by the numbers of their models, and only widgets are children", () => {
  const frontEnd = new FrontEnd();
  const [one, two] = [new Label(), new Label()];
  const box = new VBox([one, new HBox([two])]);
  expect(frontEnd.opened(box.id).children).toEqual([`IPY_MODEL_${one.id}`, `IPY_MODEL_${box.children[1].id}`]);
  box.children = [two];
  expect(frontEnd.messages(box.id).at(-1)?.state).toEqual({ children: [`IPY_MODEL_${two.id}`] });
  frontEnd.change(box.id, { children: ["IPY_MODEL_other"] });
  expect(box.children).toEqual([two]);
  one.close();
  expect(() => new HBox([one])).toThrow("is closed");
  expect(() => new HBox(["text" as unknown as Label])).toThrow('"text" is no widget');
  expect(() => new HBox(5 as unknown as Label[])).toThrow("it takes a list of widgets");
});
