import { kerasJudge } from "../../../kernel/network/roles/keras-layers";
import { subjectOf } from "../../../kernel/network/roles/subject";

const layer = (className: string, name: string, more: object = {}) => ({
  class_name: className,
  config: { name, ...more },
});
const config = {
  modelTopology: {
    model_config: {
      class_name: "Functional",
      config: {
        name: "net",
        layers: [
          layer("Dense", "dense"),
          layer("Conv2D", "conv"),
          layer("Conv2DTranspose", "up"),
          layer("DepthwiseConv2D", "dw"),
          layer("SeparableConv2D", "sep"),
          layer("BatchNormalization", "bn"),
          layer("Embedding", "words"),
          layer("PReLU", "slopes"),
          layer("MultiHeadAttention", "mha"),
          layer("EinsumDense", "einsum", { equation: "abc,cde->abde" }),
          layer("Custom>Odd", "odd"),
          { class_name: "Bidirectional", config: { name: "both", layer: layer("LSTM", "lstm") } },
        ],
      },
    },
  },
};
const judge = kerasJudge(config);

test.each([
  ["dense/kernel", [4, 6], "linear", [[1], [0], []]],
  ["dense/bias", [6], "bias", null],
  ["conv/kernel", [3, 3, 4, 16], "convolution", [[3], [2], []]],
  ["up/kernel", [3, 3, 16, 4], "convolution", [[2], [3], []]],
  ["dw/depthwise_kernel", [3, 3, 4, 2], "convolution", [[2, 3], [], []]],
  ["sep/depthwise_kernel", [3, 3, 4, 1], "convolution", [[2, 3], [], []]],
  ["sep/pointwise_kernel", [1, 1, 4, 8], "convolution", [[3], [2], []]],
  ["bn/gamma", [4], "norm", null],
  ["words/embeddings", [61, 8], "embedding", [[0], [1], []]],
  ["slopes/alpha", [1, 1, 8], "buffer", null],
  ["mha/query/kernel", [8, 2, 4], "linear", [[1, 2], [0], []]],
  ["mha/attention_output/kernel", [2, 4, 8], "linear", [[2], [0, 1], []]],
  ["einsum/kernel", [8, 2, 4], "linear", [[1, 2], [0], []]],
  ["both/forward_lstm/lstm_cell/recurrent_kernel", [8, 32], "linear", [[1], [0], []]],
])("%s %j is %s", (name, shape, role, axes) => {
  const found = judge?.(subjectOf({ name, shape }));
  expect(found?.role).toBe(role);
  expect(found?.axes ? [found.axes.output, found.axes.input, found.axes.stacked] : null).toEqual(axes);
});

test("of classes that it does not know, and of other settings, the topology says nothing", () => {
  expect(judge?.(subjectOf({ name: "odd/kernel", shape: [4, 4] }))).toBeUndefined();
  expect(judge?.(subjectOf({ name: "elsewhere/kernel", shape: [4, 4] }))).toBeUndefined();
  expect(kerasJudge({ model_type: "bert" })).toBeUndefined();
  expect(kerasJudge(undefined)).toBeUndefined();
});
