import { blocksOf } from "../../../kernel/formats/hdf5/hdf5-tensor";

it("cuts rows into blocks that follow one another without gaps", () => {
  for (const most of [1, 2, 3, 5, 7, 24, 100]) {
    const places: number[] = [];
    for (const { start, count } of blocksOf([4, 2, 3], 1, 4, most)) {
      expect(count.reduce((a, b) => a * b, 1)).toBeLessThanOrEqual(most);
      for (let i = 0; i < count[0]; i++)
        for (let j = 0; j < count[1]; j++)
          for (let k = 0; k < count[2]; k++) places.push((start[0] + i) * 6 + (start[1] + j) * 3 + start[2] + k);
    }
    expect(places).toEqual(Array.from({ length: 18 }, (_, at) => at + 6));
  }
  expect([...blocksOf([], 0, 1, 1)]).toEqual([{ start: [], count: [] }]);
  expect([...blocksOf([0, 3], 0, 0, 1)]).toEqual([]);
});
