import { axesOf, entriesIn, entriesOf, keptEntries, section, type ChannelGroup } from "../../kernel/network/channels";

describe("where channels lie along an axis", () => {
  test("a row of a matrix is one entry, a head some of them", () => {
    expect(entriesOf(section(1), 3)).toEqual([3]);
    expect(entriesOf(section(4), 2)).toEqual([8, 9, 10, 11]);
    expect(entriesOf(section(2, 10), 1)).toEqual([12, 13]);
  });

  test("a channel of a flattened map comes again at every place", () => {
    expect(entriesOf(section(1, 0, { repeat: 3, period: 5 }), 2)).toEqual([2, 7, 12]);
  });

  test("interleaved parts have a stride longer than their length", () => {
    expect(entriesOf(section(2, 2, { stride: 6 }), 1)).toEqual([8, 9]);
  });

  test("are counted", () => {
    expect([entriesIn(section(4), 3), entriesIn(section(1, 0, { repeat: 5, period: 3 }), 3)]).toEqual([12, 15]);
  });
});

test("axes of a group come once, with all their sections", () => {
  const place = (tensor: string, axis: number, start: number) => ({
    tensor,
    shape: [9, 9],
    axis,
    role: "query" as const,
    section: section(1, start),
  });
  const group: ChannelGroup = {
    name: "g",
    kind: "heads",
    size: 2,
    queries: 1,
    headSize: 1,
    places: [place("qkv", 0, 0), place("qkv", 0, 2), place("qkv", 1, 0), place("o", 1, 0)],
    homogeneous: false,
  };
  expect(axesOf(group).map(({ tensor, axis, sections }) => [tensor, axis, sections.map(({ start }) => start)])).toEqual(
    [
      ["qkv", 0, [0, 2]],
      ["qkv", 1, [0]],
      ["o", 1, [0]],
    ],
  );
});

describe("the entries that stay", () => {
  test("are those of the channels that do, in every section, and those of none", () => {
    // Seven entries: two channels of two from 0, the same from 4, and 6 of none … of size 8.
    const sections = [section(1), section(1, 3)];
    expect(Array.from(keptEntries(8, sections, 3, [0, 2]))).toEqual([0, 2, 3, 5, 6, 7]);
  });

  test("of no channel are the rest, of all are all", () => {
    expect(Array.from(keptEntries(5, [section(2)], 2, []))).toEqual([4]);
    expect(Array.from(keptEntries(4, [section(2)], 2, [0, 1]))).toEqual([0, 1, 2, 3]);
  });
});
