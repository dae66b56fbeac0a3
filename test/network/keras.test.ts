import { isKeras, kerasLayers, resizedTopology, wireKeras } from "../../kernel/network/keras";

const layer = (class_name: string, name: string, more = {}) => ({ class_name, config: { name, ...more } });
const topology = (...layers: unknown[]) => ({ modelTopology: { class_name: "Sequential", config: { layers } } });
const shapes = (all: Record<string, number[]>) => Object.entries(all).map(([name, shape]) => ({ name, shape }));
const dense = { "d1/kernel": [3, 4], "d1/bias": [4], "d2/kernel": [4, 2], "d2/bias": [2] };

describe("a sequential topology", () => {
  test("gives its layers, however deep they lie", () => {
    const list = [layer("Dense", "d1")];
    for (const model of [
      { class_name: "Sequential", config: { layers: list } },
      { class_name: "Sequential", config: list },
    ])
      for (const modelTopology of [model, { model_config: model }])
        expect(kerasLayers({ modelTopology })).toEqual([{ className: "Dense", config: { name: "d1" } }]);
    expect(kerasLayers({ modelTopology: { class_name: "Model" } })).toBe('its topology is "Model", not "Sequential"');
    expect(kerasLayers({ modelTopology: { class_name: "Sequential" } })).toBe("its topology lists no layers");
  });

  test("is known by its key", () => {
    expect([isKeras(topology()), isKeras({ modelTopology: null }), isKeras({}), isKeras()]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("wires dense layers past those that pass channels on", () => {
    const { groups } = wireKeras(
      shapes(dense),
      topology(
        layer("InputLayer", "in"),
        layer("Dense", "d1", { activation: "relu" }),
        layer("Dropout", "x"),
        layer("Dense", "d2"),
      ),
    );
    expect(groups).toMatchObject([{ name: "d1", size: 4, homogeneous: true }]);
    expect(groups[0].places.map(({ tensor, axis, role }) => `${tensor} ${axis} ${role}`)).toEqual([
      "d1/kernel 1 weight",
      "d1/bias 0 bias",
      "d2/kernel 0 consumer",
    ]);
  });

  test("knows ReLU of a layer of its own, right behind and no later", () => {
    const relu = layer("Activation", "act", { activation: "relu" });
    const wired = (...layers: unknown[]) => wireKeras(shapes(dense), topology(...layers)).groups[0].homogeneous;
    expect(wired(layer("Dense", "d1"), relu, layer("Dense", "d2"))).toBe(true);
    expect(wired(layer("Dense", "d1"), layer("Dropout", "x"), relu, layer("Dense", "d2"))).toBe(false);
    expect(wired(layer("Dense", "d1", { activation: "tanh" }), layer("Dense", "d2"))).toBe(false);
  });

  test("takes a batch norm for the layer before it", () => {
    const norm = { "bn/gamma": [4], "bn/beta": [4], "bn/moving_mean": [4], "bn/moving_variance": [4] };
    const { groups } = wireKeras(
      shapes({ ...dense, ...norm }),
      topology(layer("Dense", "d1", { activation: "relu" }), layer("BatchNormalization", "bn"), layer("Dense", "d2")),
    );
    expect(groups[0].places.filter(({ role }) => role === "norm").map(({ tensor }) => tensor)).toEqual(
      Object.keys(norm),
    );
    expect(groups[0].homogeneous).toBe(false);
  });

  test("lets a batch norm of the inputs be", () => {
    const norm = { "bn/gamma": [3], "bn/beta": [3], "bn/moving_mean": [3], "bn/moving_variance": [3] };
    const { groups, unknown } = wireKeras(
      shapes({ ...dense, ...norm }),
      topology(layer("BatchNormalization", "bn"), layer("Dense", "d1"), layer("Dense", "d2")),
    );
    expect(unknown).toEqual([]);
    expect(groups[0].places.map(({ tensor }) => tensor)).toEqual(["d1/kernel", "d1/bias", "d2/kernel"]);
  });

  test.each([
    [[layer("Dense", "d1"), layer("LSTM", "l"), layer("Dense", "d2")], "l is a layer of the kind LSTM"],
    [
      [layer("Dense", "d1", { activation: "softmax" }), layer("Dense", "d2")],
      "the softmax of d1 looks at all channels together",
    ],
    [
      [layer("Dense", "d1"), layer("Activation", "s", { activation: "softmax" }), layer("Dense", "d2")],
      "the softmax of s looks at all channels together",
    ],
    [[layer("Dense", "d1"), layer("Dense", "d3")], 'there is no weight "d3/kernel"'],
    [[layer("Conv2D", "d1", { data_format: "channels_first" })], "d1 has its channels first"],
  ])("is left alone where %p stands in it: %s", (layers, reason) => {
    expect(wireKeras(shapes(dense), topology(...layers)).unknown).toEqual([["the network", reason]]);
  });

  test("allows softmax at its end", () => {
    expect(
      wireKeras(shapes(dense), topology(layer("Dense", "d1"), layer("Dense", "d2", { activation: "softmax" }))).unknown,
    ).toEqual([]);
  });
});

test("a topology of other sizes is a copy with units or filters changed", () => {
  const config = topology(
    layer("Dense", "d1", { units: 4 }),
    layer("Conv2D", "c", { filters: 8 }),
    layer("Dense", "d2", { units: 2 }),
  );
  const changed = resizedTopology(
    config,
    new Map([
      ["d1", 3],
      ["c", 5],
    ]),
  );
  expect((kerasLayers(changed) as { config: unknown }[]).map((one) => one.config)).toEqual([
    { name: "d1", units: 3 },
    { name: "c", filters: 5 },
    { name: "d2", units: 2 },
  ]);
  expect((kerasLayers(config) as { config: unknown }[])[0].config).toEqual({ name: "d1", units: 4 });
});
