import { OptionError } from "../../kernel/errors";
import { layersOf, wireChain } from "../../kernel/network/chain";
import { entriesOf } from "../../kernel/network/channels";

const named = (shapes: Record<string, number[]>) => Object.entries(shapes).map(([name, shape]) => ({ name, shape }));
const told = (shapes: Record<string, number[]>, order?: string[]) => {
  const { groups, unknown } = wireChain(named(shapes), order);
  return unknown.length
    ? unknown[0][1]
    : groups.map(({ name, size, places }) => [
        name,
        size,
        places.map(({ tensor, axis, role }) => `${tensor} ${axis} ${role}`),
      ]);
};

describe("a chain of layers", () => {
  test("has the rows of each, its bias, and the columns of the next", () => {
    expect(told({ "fc1.weight": [4, 3], "fc1.bias": [4], "fc2.weight": [2, 4], "fc2.bias": [2] })).toEqual([
      ["fc1", 4, ["fc1.weight 0 weight", "fc1.bias 0 bias", "fc2.weight 1 consumer"]],
    ]);
  });

  test("gives a batch norm to the layer of its width before it", () => {
    const bn = { "bn1.weight": [4], "bn1.bias": [4], "bn1.running_mean": [4], "bn1.running_var": [4] };
    expect(told({ "conv1.weight": [4, 1, 3, 3], ...bn, "conv2.weight": [2, 4, 3, 3] })).toEqual([
      [
        "conv1",
        4,
        ["conv1.weight 0 weight", ...Object.keys(bn).map((name) => `${name} 0 norm`), "conv2.weight 1 consumer"],
      ],
    ]);
  });

  test("gives one batch norm of several layers of its width to that of its number, else to the last before its name", () => {
    const norm = (name: string) => ({ [`${name}.weight`]: [4], [`${name}.running_mean`]: [4] });
    const owner = (layers: string[], name: string) => {
      const convolutions = Object.fromEntries(layers.map((layer) => [`${layer}.weight`, [4, 4, 3, 3]]));
      const { groups } = wireChain(named({ ...convolutions, "z9.weight": [2, 4, 3, 3], ...norm(name) }));
      return groups.filter(({ places }) => places.some(({ role }) => role === "norm")).map((group) => group.name);
    };
    expect(owner(["conv1", "conv2", "conv3"], "bn1")).toEqual(["conv1"]);
    expect(owner(["conv1", "conv2", "conv3"], "bn3")).toEqual(["conv3"]);
    expect(owner(["a", "b", "d"], "c")).toEqual(["b"]);
    expect(owner(["a", "b", "d"], "norm")).toEqual(["d"]);
  });

  test("goes through a depthwise convolution, whose rows go too", () => {
    expect(
      told({ "a.weight": [4, 3, 1, 1], "b.weight": [4, 1, 3, 3], "b.bias": [4], "c.weight": [2, 4, 1, 1] }),
    ).toEqual([["a", 4, ["a.weight 0 weight", "b.weight 0 norm", "b.bias 0 norm", "c.weight 1 consumer"]]]);
  });

  test("goes through a depthwise convolution of Keras, which gives one channel for each", () => {
    const { groups } = wireChain(
      named({ "a/kernel": [1, 1, 3, 4], "b/depthwise_kernel": [3, 3, 4, 1], "c/kernel": [1, 1, 4, 2] }),
    );
    expect(groups.map(({ name, size, places }) => [name, size, places.map(({ axis }) => axis)])).toEqual([
      ["a", 4, [3, 2, 2]],
    ]);
  });

  test("reads a flattened map: torch's channels are runs of columns, Keras's come again at every place", () => {
    const torch = wireChain(named({ "conv.weight": [2, 1, 3, 3], "fc.weight": [5, 8] })).groups[0].places.at(-1);
    expect(torch && entriesOf(torch.section, 1)).toEqual([4, 5, 6, 7]);
    const keras = wireChain(named({ "conv/kernel": [3, 3, 1, 2], "fc/kernel": [8, 5] })).groups[0].places.at(-1);
    expect(keras && [keras.axis, entriesOf(keras.section, 1)]).toEqual([0, [1, 3, 5, 7]]);
  });

  test("stands in order of names with numbers as numbers where the model's own order does not fit", () => {
    expect(told({ "fc10.weight": [2, 4], "fc2.weight": [4, 3] })).toEqual([
      ["fc2", 4, ["fc2.weight 0 weight", "fc10.weight 1 consumer"]],
    ]);
  });

  test("stands in the order that the caller gives, by names of layers or weights", () => {
    expect(told({ "b.weight": [4, 4], "a.weight": [4, 4] }, ["b", "a.weight"])).toEqual([
      ["b", 4, ["b.weight 0 weight", "a.weight 1 consumer"]],
    ]);
  });
});

describe("what is no chain", () => {
  test.each([
    [{ "fc1.weight": [4, 3], "fc2.weight": [2, 5] }, "fc2 (2, 5) does not take the 4 outputs of fc1"],
    [{ "fc1.weight": [4, 3] }, "it has no two layers that follow one another"],
    [{ "embed.weight": [4, 3], "word_embeddings.weight": [9, 4] }, "embed.weight is an embedding"],
    [
      { "fc1.weight": [4, 3], "up.transpose.weight": [4, 2, 3, 3] },
      "up.transpose looks like a transposed convolution, whose inputs come first",
    ],
    [
      { "fc1.weight": [4, 3], "ln.weight": [4], "fc2.weight": [2, 4] },
      "ln is no batch norm: it looks at all channels together",
    ],
    [{ "fc1.weight": [4, 3], "fc1.bias": [4], "fc1.scale": [4], "fc2.weight": [2, 4] }, "fc1.scale is not known"],
    [{ "fc1.weight": [4, 3], "fc1.scale": [4], "fc2.weight": [2, 4] }, "fc1.scale is not known"],
    [
      { "a/kernel": [1, 1, 3, 4], "b/depthwise_kernel": [3, 3, 4, 2], "c/kernel": [1, 1, 8, 2] },
      "b/depthwise_kernel gives several channels for each",
    ],
    [
      { "fc1.weight": [4, 3], "bn.weight": [5], "bn.running_mean": [5], "fc2.weight": [2, 4] },
      "bn follows no layer that gives 5",
    ],
    [{ "fc1.other": [4, 3], "fc2.weight": [2, 4] }, "fc1.other is no weight of a dense or convolution layer"],
    [
      { "layers.0.a.weight": [4, 4], "layers.0.b.weight": [4, 4] },
      "its blocks hold several layers, and may be connected past one another",
    ],
  ])("%p: %s", (shapes, reason) => {
    expect(told(shapes as Record<string, number[]>)).toBe(reason);
  });

  test("named by the caller is an error that says which was meant", () => {
    const layers = named({ "fc1.weight": [4, 3], "fc2.weight": [2, 5] });
    expect(() => wireChain(layers, ["fc1", "fc3"])).toThrow('chain: there is no layer "fc3"; did you mean "fc1"?');
    expect(() => wireChain(layers, ["fc1", "fc2"])).toThrow(
      new OptionError("chain: fc2 (2, 5) does not take the 4 outputs of fc1"),
    );
  });
});

test("layers are told with their vectors", () => {
  const layers = layersOf(named({ "fc1.weight": [4, 3], "fc1.bias": [4], "fc2.weight": [2, 4] }));
  expect(layers).toMatchObject([
    { name: "fc1", isKeras: false, isDepthwise: false, bias: { name: "fc1.bias" }, norms: [] },
    { name: "fc2" },
  ]);
});

test("a transposed convolution is chained where its axes are known", () => {
  const axes = { output: [1], input: [0], stacked: [] };
  const tensors = named({
    "conv.weight": [4, 2, 3, 3],
    "up.transpose.weight": [4, 6, 2, 2],
    "last.weight": [1, 6, 3, 3],
  });
  const { groups, unknown } = wireChain(
    tensors.map((one) => (one.name.startsWith("up") ? { ...one, axes } : one)),
    ["conv", "up.transpose", "last"],
  );
  expect(unknown).toEqual([]);
  expect(groups.map(({ size, places }) => [size, places.map(({ tensor, axis }) => `${tensor} ${axis}`)])).toEqual([
    [4, ["conv.weight 0", "up.transpose.weight 0"]],
    [6, ["up.transpose.weight 1", "last.weight 1"]],
  ]);
});
