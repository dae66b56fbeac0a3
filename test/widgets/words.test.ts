import { HTML, Label, Text } from "../../kernel/widgets/words";
import { FrontEnd } from "./fake-comms";

test("text is written in a field, and Enter is heard", () => {
  const frontEnd = new FrontEnd();
  const heard: string[] = [];
  const field = new Text({ description: "layers" }).onSubmit((text) => heard.push(text));
  frontEnd.change(field.id, { value: "attention" });
  frontEnd.send(field.id, { method: "custom", content: { event: "submit" } });
  frontEnd.send(field.id, { method: "custom", content: { event: "click" } });
  expect([field.value, heard]).toEqual(["attention", ["attention"]]);
  for (const Kind of [Text, Label, HTML])
    expect(() => new Kind({ value: 5 as unknown as string })).toThrow("value is 5; it takes a text");
});
