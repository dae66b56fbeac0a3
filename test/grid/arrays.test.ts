import { typeOfCodes } from "../../kernel/grid/arrays";

test("the class of codes is told by its name", () => {
  const all = [Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array];
  expect(all.map((Codes) => typeOfCodes(new Codes(1)))).toEqual(all.map(({ name }) => name));
});
