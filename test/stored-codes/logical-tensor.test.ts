import { LogicalTensor } from "../../kernel/stored-codes/logical-tensor";

/** A weight whose values are its places, and which notes what is asked for. */
function counted(shape: number[]) {
  const asked: [from: number, values: number][] = [];
  const tensor = new LogicalTensor({
    name: "a.weight",
    shape,
    scheme: "places",
    parts: [],
    open: () =>
      Promise.resolve((values: Float32Array, from: number) => {
        asked.push([from, values.length]);
        const columns = shape[shape.length - 1] ?? 1;
        for (let i = 0; i < values.length; i++) values[i] = from * columns + i;
      }),
  });
  return { tensor, asked };
}

test("rows are positions of the outermost dimension", async () => {
  const experts = counted([3, 2, 2]);
  expect([...(await experts.tensor.readRows(1, 2))]).toEqual([4, 5, 6, 7]);
  expect(experts.asked).toEqual([[2, 4]]);
  expect([...(await counted([5]).tensor.readRows(2, 4))]).toEqual([2, 3]);
  expect([...(await counted([]).tensor.read())]).toEqual([0]);
  expect([...(await counted([0, 4]).tensor.read())]).toEqual([]);
  await expect(counted([3, 4]).tensor.readRows(2, 1)).rejects.toThrow("rows 2 to 1 were asked for");
});

test("a large weight is decoded in runs of whole rows", async () => {
  const { tensor, asked } = counted([5, 100_000]);
  const values = await tensor.read();
  expect(asked).toEqual([
    [0, 200_000],
    [2, 200_000],
    [4, 100_000],
  ]);
  expect(values[499_999]).toBe(499_999);
});

test("a stop is seen", async () => {
  const { tensor } = counted([2, 2]);
  await expect(tensor.read({ signal: AbortSignal.abort() })).rejects.toThrow("reading a.weight was interrupted");
});
