import { indexOfSymbols } from "../../../kernel/encode/container/symbol-index";

test.each([
  ["near each other", [-3, 0, 7]],
  ["far from each other", [-(2 ** 31), -3, 5, 2 ** 31 - 1]],
])("symbols %s are found at their places", (_, symbols) => {
  const values = Int32Array.from([symbols[0], symbols[2], symbols[1], symbols[2], symbols[symbols.length - 1]]);
  const into = new Uint8Array(4).fill(99);
  indexOfSymbols(symbols)(values, 1, 4, into);
  expect(Array.from(into)).toEqual([2, 1, 2, 99]);
});
