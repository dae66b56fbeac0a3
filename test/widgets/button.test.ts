import { Button } from "../../kernel/widgets/button";
import { FrontEnd } from "./fake-comms";

test("a press calls the handlers in their order, until they are taken away", () => {
  const frontEnd = new FrontEnd();
  const calls: string[] = [];
  const first = (button: Button) => calls.push(`first ${button.description}`);
  const button = new Button({ description: "Run" }).onClick(first).onClick(async () => calls.push("second"));
  const press = () => frontEnd.send(button.id, { method: "custom", content: { event: "click" } });
  press();
  expect(calls).toEqual(["first Run", "second"]);
  button.offClick(first);
  press();
  expect(calls).toEqual(["first Run", "second", "second"]);
  for (const content of [null, {}, { event: "hover" }]) frontEnd.send(button.id, { method: "custom", content });
  expect(calls).toHaveLength(3);
  expect(() => button.onClick(undefined as never)).toThrow("it takes the function to call");
});
