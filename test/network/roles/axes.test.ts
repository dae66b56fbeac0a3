import { axesByShape, kerasAxes, kerasDepthwiseAxes, turnedKerasAxes } from "../../../kernel/network/roles/axes";
import { neighboursOf } from "../../../kernel/network/roles/neighbours";
import { subjectOf } from "../../../kernel/network/roles/subject";
import type { TensorRole } from "../../../kernel/tensor/role";

/** The axes of the first tensor among these. */
function axesOf(role: TensorRole, tensors: Readonly<Record<string, readonly number[]>>, width?: number) {
  const subjects = Object.entries(tensors).map(([name, shape]) => subjectOf({ name, shape }));
  const { output, input, stacked } = axesByShape(role, subjects[0], neighboursOf(subjects, [], width));
  return [output, input, stacked];
}

test.each<[string, TensorRole, Record<string, number[]>, number[][]]>([
  ["a matrix of torch", "linear", { "fc.weight": [4, 6], "fc.bias": [4] }, [[0], [1], []]],
  [
    "a matrix whose bias is as long as its second axis",
    "linear",
    { "fc.weight": [4, 6], "fc.bias": [6] },
    [[1], [0], []],
  ],
  ["a convolution", "convolution", { "conv.weight": [8, 4, 3, 3], "conv.bias": [8] }, [[0], [1], []]],
  [
    "a transposed convolution by its bias",
    "convolution",
    { "up.weight": [8, 4, 3, 3], "up.bias": [4] },
    [[1], [0], []],
  ],
  ["one of groups by its bias", "convolution", { "up.weight": [8, 2, 3, 3], "up.bias": [4] }, [[0, 1], [], []]],
  ["a square one of groups by its bias", "convolution", { "t.weight": [8, 8, 3, 3], "t.bias": [16] }, [[0, 1], [], []]],
  ["NumPy's matrix by its bias", "linear", { W1: [12, 8], b1: [8] }, [[1], [0], []]],
  ["NumPy's matrix beside a bias of its rows", "linear", { W1: [12, 8], b1: [12] }, [[0], [1], []]],
  ["weights beside biases", "linear", { weights: [8, 12], biases: [12] }, [[1], [0], []]],
  ["a square one by its name", "convolution", { "deconv1.weight": [8, 8, 3, 3] }, [[1], [0], []]],
  ["a square one by name and kernel", "convolution", { "ups.0.weight": [8, 8, 16] }, [[1], [0], []]],
  ["a convolution behind an interpolation", "convolution", { "upsample.conv.weight": [8, 8, 3, 3] }, [[0], [1], []]],
  [
    "a transposed one under weight normalization",
    "convolution",
    { "c.parametrizations.weight.original1": [8, 4, 4], "c.bias": [4] },
    [[1], [0], []],
  ],
  ["a depthwise one by its name", "convolution", { "dwconv.weight": [8, 1, 7, 7] }, [[0], [], []]],
  ["the first of one channel", "convolution", { "conv1.weight": [8, 1, 7, 7] }, [[0], [1], []]],
  ["a layer called up_proj", "convolution", { "up_proj.conv.weight": [8, 8, 16] }, [[0], [1], []]],
  ["embeddings", "embedding", { "wte.weight": [61, 8], "wte.bias": [8] }, [[0], [1], []]],
  ["matrices side by side", "linear", { "attn_k_b.weight": [4, 8, 6] }, [[1], [2], [0]]],
])("%s", (_, role, tensors, axes) => {
  expect(axesOf(role, tensors)).toEqual(axes);
});

test("a kernel of one input is depthwise behind a convolution of as many channels", () => {
  const subjects = [
    { name: "a.weight", shape: [8, 3, 3, 3] },
    { name: "b.weight", shape: [8, 1, 3, 3] },
  ].map(subjectOf);
  expect(axesByShape("convolution", subjects[1], neighboursOf(subjects, [], undefined)).input).toEqual([]);
});

test("experts beside no other tell their way by the width of the network", () => {
  const name = "mlp.experts.up_proj";
  expect(axesOf("expert", { [name]: [4, 8, 12] }, 8)).toEqual([[2], [1], [0]]);
  expect(axesOf("expert", { [name]: [4, 12, 8] }, 8)).toEqual([[1], [2], [0]]);
  expect(axesOf("expert", { "mlp.experts.down_proj": [4, 12, 8] }, 8)).toEqual([[2], [1], [0]]);
  expect(axesOf("expert", { [name]: [4, 12, 8] })).toEqual([[1], [2], [0]]);
});

test("Keras keeps inputs and outputs last", () => {
  expect(kerasAxes([3, 3, 4, 16])).toEqual({ output: [3], input: [2], stacked: [] });
  expect(kerasDepthwiseAxes([3, 3, 4, 2])).toEqual({ output: [2, 3], input: [], stacked: [] });
});

test("transposed convolutions of TensorFlow lie (…kernel, out, in)", () => {
  expect(turnedKerasAxes([3, 3, 6, 10])).toEqual({ output: [2], input: [3], stacked: [] });
});
