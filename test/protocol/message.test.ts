import { isJsonObject, ProtocolError } from "../../kernel/protocol/message";

test("a JSON object is no list, no null and no bare value", () => {
  expect(isJsonObject({})).toBe(true);
  expect(isJsonObject({ a: [] })).toBe(true);
  for (const value of [[], null, undefined, "{}", 1, true]) expect(isJsonObject(value)).toBe(false);
});

test("a ProtocolError gives its reason and no more", () => {
  const error = new ProtocolError("unsigned");
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.message, error.reason]).toEqual(["ProtocolError", "unsigned", "unsigned"]);
});
