import { Checkbox, Dropdown } from "../../kernel/widgets/choices";
import { FrontEnd } from "./fake-comms";

let frontEnd: FrontEnd;
beforeEach(() => (frontEnd = new FrontEnd()));

test("a list takes values, pairs, names with values and maps, and gives the value that is chosen", () => {
  const object = { bits: 4 };
  const made: [Dropdown<unknown>, string[], unknown][] = [
    [new Dropdown({ options: [4, 8] }), ["4", "8"], 8],
    [
      new Dropdown<unknown>({
        options: [
          ["four", object],
          ["eight", null],
        ],
      }),
      ["four", "eight"],
      null,
    ],
    [new Dropdown({ options: { four: 4, eight: 8 } }), ["four", "eight"], 8],
    [
      new Dropdown({
        options: new Map([
          ["four", "4"],
          ["eight", "8"],
        ]),
      }),
      ["four", "eight"],
      "8",
    ],
  ];
  for (const [list, labels, second] of made) {
    expect(frontEnd.opened(list.id)).toMatchObject({ _options_labels: labels, index: 0 });
    frontEnd.change(list.id, { index: 1 });
    expect(list.value).toBe(second);
  }
});

test("what is no option is refused, from a cell and from a page", () => {
  const list = new Dropdown({ options: ["int4", "nf4"] });
  expect(() => (list.value = "int8")).toThrow('value is "int8"; there are int4, nf4');
  for (const index of [2, -1, 0.5, "0", "length"])
    expect(() => frontEnd.change(list.id, { index })).toThrow("there are 2 options");
  expect(list.value).toBe("int4");
  expect(() => new Dropdown({ options: 5 as unknown as string[] })).toThrow(
    "it takes a list, a map, or names with values",
  );
  expect(() => new Dropdown({} as { options: string[] })).toThrow("it takes a list");
});

test("nothing may be chosen, and the options may change", () => {
  const list = new Dropdown({ options: ["a", "b"], value: null });
  expect(frontEnd.opened(list.id).index).toBeNull();
  list.value = "b";
  list.setOptions(["b", "c"]);
  expect(list.value).toBe("b");
  expect(frontEnd.messages(list.id).at(-1)?.state).toEqual({ _options_labels: ["b", "c"], index: 0 });
  list.setOptions(["x"]);
  expect(list.value).toBe("x");
  expect(new Dropdown({ options: [] }).value).toBeNull();
});

test("a box is ticked or not", () => {
  const box = new Checkbox();
  frontEnd.change(box.id, { value: true });
  expect(box.value).toBe(true);
  expect(() => (box.value = 1 as unknown as boolean)).toThrow("it takes true or false");
});
