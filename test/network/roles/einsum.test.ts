import { einsumAxes } from "../../../kernel/network/roles/einsum";

test.each([
  ["abc,cd->abd", 2, { output: [1], input: [0], stacked: [] }],
  ["abc,cde->abde", 3, { output: [1, 2], input: [0], stacked: [] }],
  ["ibnd,hnd->ibh", 3, { output: [0], input: [1, 2], stacked: [] }],
  ["bec,ecd->bed", 3, { output: [2], input: [1], stacked: [0] }],
  ["...x,xy->...y", 2, { output: [1], input: [0], stacked: [] }],
  ["abc,cd->abd", 3, undefined],
  ["abc->cba", 3, undefined],
  [7, 2, undefined],
])("%j of %i dimensions", (equation, rank, axes) => {
  expect(einsumAxes(equation, rank)).toEqual(axes);
});
