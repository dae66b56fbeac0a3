import { Malformed, readerOf } from "../../kernel/report/reader";

const reader = readerOf({
  text: "words",
  nothing: null,
  number: -2.5,
  whole: 3,
  share: 0.25,
  missing: undefined,
  list: [1, 2, 3],
  child: { inner: { deep: "x" } },
  items: [{ at: 1 }, null, { at: 3 }],
});

test("gives fields of the asked type", () => {
  expect([reader.has("text"), reader.has("missing"), reader.has("toString")]).toEqual([true, false, false]);
  expect(reader.text("text")).toBe("words");
  expect(reader.word("text", ["other", "words"] as const)).toBe("words");
  expect([reader.isNull("nothing"), reader.numberOrNull("nothing"), reader.numberOrNull("number")]).toEqual([
    true,
    null,
    -2.5,
  ]);
  expect([reader.number("number"), reader.positive("share"), reader.count("whole"), reader.share("share")]).toEqual([
    -2.5, 0.25, 3, 0.25,
  ]);
  expect(reader.numbers("list", 3, 1)).toEqual([1, 2, 3]);
  expect(reader.child("child", (child) => child.child("inner", (inner) => inner.text("deep")))).toBe("x");
  expect(reader.nullableList("items", 3, (item) => item.number("at"))).toEqual([1, null, 3]);
});

test.each<[() => unknown, string]>([
  [() => reader.text("gone"), "gone is missing"],
  [() => reader.text("missing"), "missing is missing"],
  [() => reader.text("number"), "number is not text"],
  [() => reader.word("text", ["a", "b"]), 'text is "words"'],
  [() => reader.number("text"), "text is not a finite number"],
  [() => reader.positive("number"), "number is negative"],
  [() => reader.count("share"), "share is not a whole number"],
  [() => reader.share("whole"), "whole is above 1"],
  [() => reader.numbers("list", 2), "list holds 3 entries; at most 2 are drawn"],
  [() => reader.numbers("list", 3, 2), "list[0] is below 2"],
  [() => reader.numbers("text", 3), "text is not a list"],
  [() => reader.list("items", 3, (item) => item.number("at")), "items[1] is not an object"],
  [() => reader.child("list", () => 0), "list is not an object"],
  [
    () => reader.child("child", (child) => child.child("inner", (inner) => inner.number("deep"))),
    "child.inner.deep is not a finite number",
  ],
  [() => reader.child("child", (child) => child.text("toString")), "child.toString is missing"],
])("%s names the place and what is wrong", (read, message) => {
  expect(read).toThrow(Malformed);
  expect(read).toThrow(message);
});

test("an object says what is wrong with itself or with one of its fields", () => {
  const error = reader.child("child", (child) => child.malformed("ends before it begins"));
  expect(error.message).toBe("child ends before it begins");
  expect(reader.malformed("holds 2", "items").message).toBe("items holds 2");
});

test.each([null, undefined, 3, "text", [1]])("%j is no view", (data) => {
  expect(() => readerOf(data)).toThrow("view is not an object");
});

test("a list of texts is whole, or says which entry is none", () => {
  expect(readerOf({ names: ["a", "b"] }).texts("names", 2)).toEqual(["a", "b"]);
  expect(() => readerOf({ names: ["a", 3] }).texts("names", 2)).toThrow(new Malformed("names[1]", "is not text"));
});
