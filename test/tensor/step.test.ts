import { methodsByKind } from "../../kernel/tensor/step";

test("methods are found by the kind of their step, in the order of the table", () => {
  const [one, two] = [
    { kind: "one", label: () => "1" },
    { kind: "two", label: () => "2" },
  ];
  const methods = methodsByKind([one, two]);
  expect([...methods.keys()]).toEqual(["one", "two"]);
  expect([methods.get("two"), methods.get("three")]).toEqual([two, undefined]);
});
