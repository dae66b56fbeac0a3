import { leftAloneLine, leftAloneSentence } from "../../kernel/report/left-alone";

const group = {
  role: "buffer",
  reason: "a mask",
  tensors: 5,
  parameters: 3_100_000,
  names: ["a", "b", "c"],
  pattern: "{a,b}",
};

test("a group says what it is, how much, the first names and what takes them", () => {
  expect(
    leftAloneLine(
      group,
      (name) => `<${name}>`,
      (text) => text,
    ),
  ).toBe("buffer (a mask): 5 tensors, 3.10 M parameters: <a>, <b>, <c>, …; only: <{a,b}> takes them");
  expect(
    leftAloneLine({ role: "integer", reason: "I64", tensors: 1, parameters: 4, names: ["a"] }, (name) => name),
  ).toBe("integer (I64): 1 tensor, 4 parameters: a");
});

test("all of them in a sentence", () => {
  expect(leftAloneSentence({ tensors: 12, parameters: 3_100_000, groups: [group] })).toBe(
    "Left alone: 12 tensors, 3.10 M parameters, because they are no weights of layers.",
  );
  expect(leftAloneSentence({ tensors: 1, parameters: 4, groups: [] })).toBe(
    "Left alone: 1 tensor, 4 parameters, because it is no weight of a layer.",
  );
});
