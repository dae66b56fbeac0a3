import * as tf from "@tensorflow/tfjs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, FormatError, SourceError } from "../../kernel/errors";
import { PrunedLinear, QuantizedLinear, interruptible, modelFolder } from "../../kernel/train";
import { setHostProvider } from "../../kernel/host";
import { onEachBackend, seededNumbers } from "./support";
import type { Progress } from "../../kernel/host";

/** Two classes that no line separates: inside and outside a circle that holds half of the square's area. */
function circle(seed: number, count: number): { x: tf.Tensor2D; y: tf.Tensor2D } {
  const random = seededNumbers(seed);
  const points = Array.from({ length: count }, () => [random() * 2 - 1, random() * 2 - 1]);
  const labels = points.map(([a, b]) => (a * a + b * b < 2 / Math.PI ? [1, 0] : [0, 1]));
  return { x: tf.tensor2d(points), y: tf.tensor2d(labels) };
}

type MakeLayer = (inputSize: number, outputSize: number, activation: string, seed: number) => tf.layers.Layer;
const float: MakeLayer = (inputSize, units, activation, seed) =>
  tf.layers.dense({
    inputShape: [inputSize],
    units,
    activation: activation as "relu",
    kernelInitializer: tf.initializers.glorotNormal({ seed }),
  });
const quantized: MakeLayer = (inputSize, outputSize, activation, seed) =>
  new QuantizedLinear({ inputSize, outputSize, bits: 4, activation, seed });
const pruned: MakeLayer = (inputSize, outputSize, activation, seed) =>
  new PrunedLinear({ inputSize, outputSize, pruningRate: 0.5, activation, seed });

function network(make: MakeLayer): tf.Sequential {
  return tf.sequential({ layers: [make(2, 24, "relu", 11), make(24, 16, "relu", 12), make(16, 2, "softmax", 13)] });
}

/** Trains the network for 40 epochs on 400 points; returns its loss and its accuracy on 400 others. */
async function learn(make: MakeLayer): Promise<{ loss: number; accuracy: number }> {
  const [training, test] = [circle(1, 400), circle(2, 400)];
  const model = network(make);
  const optimizer = tf.train.adam(0.03);
  model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(training.x, training.y, { epochs: 40, batchSize: 100, shuffle: false, verbose: 0 });
  const scores = model.evaluate(test.x, test.y) as tf.Scalar[];
  const [loss, accuracy] = scores.map((score) => score.dataSync()[0]);
  model.dispose();
  optimizer.dispose();
  tf.dispose([...scores, training.x, training.y, test.x, test.y]);
  return { loss, accuracy };
}

onEachBackend(() => {
  test("a network of either layer learns what a float network learns", async () => {
    const chance = Math.log(2);
    const reference = await learn(float);
    expect(reference.accuracy).toBeGreaterThan(0.93);
    const fourBits = await learn(quantized);
    expect(fourBits.loss).toBeLessThan(chance / 3);
    expect(fourBits.accuracy).toBeGreaterThan(reference.accuracy - 0.05);
    const half = await learn(pruned);
    expect(half.loss).toBeLessThan(chance / 3);
    expect(half.accuracy).toBeGreaterThan(reference.accuracy - 0.05);
  }, 120_000);

  test("saved and loaded, through memory and through a folder, a model computes the same", async () => {
    const folder = mkdtempSync(join(tmpdir(), "codebook-model-"));
    const x = tf.tensor2d([0.1, -0.2, 0.3, 0.7, -1, 0.5], [3, 2]);
    const model = tf.sequential();
    model.add(
      new QuantizedLinear({
        inputSize: 2, outputSize: 5, bits: 3, per: "tensor", activation: "relu", seed: 4, name: "codes",
        kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
      }),
    ); // prettier-ignore
    const layer = new PrunedLinear({
      inputSize: 5,
      outputSize: 3,
      pruningRate: 0.6,
      useBias: false,
      seed: 5,
      name: "holes",
    });
    model.add(layer);
    // A mask that the weights themselves would not give: it has to come from the file.
    const [kernel] = layer.getWeights();
    const mask = tf.tensor2d([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], [5, 3]);
    layer.setWeights([kernel, mask]);
    const expected = model.predict(x) as tf.Tensor;
    let artifacts: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
      }),
    );
    await model.save(modelFolder(folder));
    for (const handler of [tf.io.fromMemory(artifacts as tf.io.ModelArtifacts), modelFolder(folder)]) {
      const loaded = await tf.loadLayersModel(handler);
      const [first, second] = loaded.layers as [QuantizedLinear, PrunedLinear];
      expect(first).toBeInstanceOf(QuantizedLinear);
      expect([first.name, first.bits, first.per, first.inputSize, first.outputSize]).toEqual([
        "codes",
        3,
        "tensor",
        2,
        5,
      ]);
      expect(first.getConfig()).toEqual(model.layers[0].getConfig());
      expect(second).toBeInstanceOf(PrunedLinear);
      expect(second.pruningRate).toBe(0.6);
      expect([...second.getWeights()[1].dataSync()]).toEqual([...mask.dataSync()]);
      const output = loaded.predict(x) as tf.Tensor;
      expect([...output.dataSync()]).toEqual([...expected.dataSync()]);
      output.dispose();
      loaded.dispose();
    }
    model.dispose();
    tf.dispose([x, mask, expected]);
    rmSync(folder, { recursive: true });
  });

  test("interrupted between batches: it stops at once, says so, and leaves no tensor behind", async () => {
    const { x, y } = circle(3, 200);
    const model = network(quantized);
    const optimizer = tf.train.sgd(0.1);
    model.compile({ optimizer, loss: "categoricalCrossentropy", metrics: ["accuracy"] });
    const controller = new AbortController();
    const seen: Progress[] = [];
    // The signal comes from an event, as an interrupt does: it is seen only if `fit` lets events in.
    const progress = (one: Progress): void => {
      if (seen.push(one) === 3) setTimeout(() => controller.abort(), 0);
    };
    setHostProvider(() => ({ signal: controller.signal, progress }));
    const training = model.fit(x, y, { epochs: 100_000, batchSize: 20, verbose: 0, callbacks: interruptible() });
    await expect(training).rejects.toThrow(CancelledError);
    setHostProvider(() => ({}));
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen[0]).toEqual({ task: "training", done: 1, total: 1_000_000, unit: "steps", item: "epoch 1 of 100000" });
    expect(seen.map(({ done }) => done)).toEqual(seen.map((_, i) => i + 1));
    // The model can be trained on.
    await model.fit(x, y, { epochs: 1, batchSize: 20, verbose: 0, callbacks: interruptible() });
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  });
});

describe("a folder that is no model", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "codebook-model-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const entry = { name: "w", shape: [2], dtype: "float32" };
  const json = (paths: string[]) =>
    JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths, weights: [entry] }] });

  test.each<[string, string | undefined, number | undefined, typeof SourceError | typeof FormatError, RegExp]>([
    ["empty", undefined, undefined, SourceError, /model\.json/],
    ["not JSON", "{", undefined, FormatError, /not JSON/],
    ["null", "null", undefined, FormatError, /no modelTopology/],
    ["weights missing", json(["weights.bin"]), undefined, SourceError, /weights\.bin/],
    ["weights cut short", json(["weights.bin"]), 7, FormatError, /7 bytes; expected 8/],
    ["weights too long", json(["weights.bin"]), 9, FormatError, /9 bytes; expected 8/],
    ["weights outside the folder", json(["../weights.bin"]), 8, FormatError, /a file name/],
    [
      "weights in a folder of it",
      json(["sub/weights.bin"]),
      8,
      FormatError,
      /"sub\/weights\.bin"; expected a file name/,
    ],
    ["the folder above as weights", json([".."]), 8, FormatError, /"\.\."; expected a file name/],
  ])("%s", async (_, text, bytes, type, message) => {
    if (text !== undefined) writeFileSync(join(folder, "model.json"), text);
    if (bytes !== undefined) writeFileSync(join(folder, "weights.bin"), new Uint8Array(bytes));
    const loading = Promise.resolve(modelFolder(folder).load?.());
    await expect(loading).rejects.toThrow(type);
    await expect(Promise.resolve(modelFolder(folder).load?.())).rejects.toThrow(message);
  });
});
