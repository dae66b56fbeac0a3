import { choosePart, hasOptimizerState } from "../../kernel/checkpoints/parts";
import type { PathKey } from "../../kernel/formats/tensor-paths";

/** The part that is chosen of tensors that lie under these keys. */
const chosen = (paths: readonly (readonly PathKey[])[], options: { part?: string; isFlat?: boolean } = {}) => {
  const named = new Map(paths.map((path) => [path.join("/"), path] as const));
  const { part, names, leftOut } = choosePart(named, "file", options);
  return { part, names: [...names.values()], leftOut: leftOut.map((left) => left.part) };
};

describe("the model among the keys of a checkpoint", () => {
  it.each<[string, (readonly PathKey[])[], string, string[], string[]]>([
    ["a plain state dict", [["a.weight"], ["a.bias"]], "", ["a.weight", "a.bias"], []],
    [
      "a word that is known",
      [
        ["model", "w"],
        ["optimizer", "state", 0, "exp_avg"],
      ],
      "model",
      ["w"],
      ["optimizer"],
    ],
    [
      "moments under any word",
      [
        ["net", "w"],
        ["adam", 0, "exp_avg"],
      ],
      "net",
      ["w"],
      ["adam"],
    ],
    [
      "moments by the names of weights",
      [
        ["x", "w"],
        ["y", "state", "w", "momentum_buffer"],
      ],
      "x",
      ["w"],
      ["y"],
    ],
    [
      "optimizers that are called by halves",
      [
        ["G", "w"],
        ["optimG", "a"],
        ["d_optim", "a"],
      ],
      "G",
      ["w"],
      ["optimG", "d_optim"],
    ],
    ["numbers beside", [["epoch"], ["model", "w"]], "model", ["w"], ["epoch"]],
    [
      "a module that is called as a part is",
      [["generator", "w"], ["head.weight"]],
      "",
      ["generator.w", "head.weight"],
      [],
    ],
    [
      "one in the other",
      [
        ["runner", "model", "w"],
        ["runner", "lr_scheduler", "x"],
      ],
      "runner.model",
      ["w"],
      ["runner.lr_scheduler"],
    ],
    ["lists of tensors", [[0], [1]], "", ["0", "1"], []],
    [
      "losses in lists",
      [
        ["model", "w"],
        ["losses", 0],
        ["losses", 1],
      ],
      "model",
      ["w"],
      ["losses"],
    ],
  ])("%s", (_, paths, part, names, leftOut) => expect(chosen(paths)).toEqual({ part, names, leftOut }));

  it("is not chosen among several, in whatever depth", () => {
    expect(() =>
      chosen([
        ["a", "w"],
        ["b", "w"],
      ]),
    ).toThrow('several models, "a" (1 tensors), "b" (1 tensors)');
    expect(() =>
      chosen([
        ["model", "model", "w"],
        ["model", "ema", "w"],
      ]),
    ).toThrow('"model.model" (1 tensors), "model.ema" (1 tensors)');
    expect(
      chosen(
        [
          ["model", "ema", "w"],
          ["model", "raw", "w"],
        ],
        { part: "model.ema" },
      ).names,
    ).toEqual(["w"]);
  });
});

describe("names with dots", () => {
  it("keep theirs, without what an optimizer keeps", () => {
    const names = [
      ["blocks", "w"],
      ["head", "w"],
      ["optimizer", "blocks", "w"],
    ];
    expect(chosen(names, { isFlat: true })).toEqual({
      part: "",
      names: ["blocks.w", "head.w"],
      leftOut: ["optimizer"],
    });
    expect(
      chosen(
        [
          ["model", "blocks", "w"],
          ["optimizer", "a"],
        ],
        { isFlat: true },
      ).names,
    ).toEqual(["blocks.w"]);
    expect(
      chosen(
        [
          ["a", "b", "w"],
          ["c", "w"],
        ],
        { isFlat: true, part: "a" },
      ).names,
    ).toEqual(["b.w"]);
  });

  it("speak of an optimizer only where a whole word does", () => {
    expect(hasOptimizerState([["optimizer", "x"]])).toBe(true);
    expect(hasOptimizerState([["x", "exp_avg_sq"]])).toBe(true);
    expect(hasOptimizerState([["optimized_layer", "weight"], ["optimizer"]])).toBe(false);
  });
});

it("a part that is not there is answered with the nearest, or with all", () => {
  const paths = [
    ["model", "w"],
    ["ema", "net", "w"],
  ];
  expect(() => chosen(paths, { part: "modle" })).toThrow('file has no part "modle"; did you mean "model"?');
  expect(() => chosen(paths, { part: "something" })).toThrow("there are model, ema, ema.net");
  expect(() => chosen([["w"]], { part: "model" })).toThrow("its tensors lie side by side");
});

it("HQQ's own dict, a dict for each layer with one for its description, is refused by name", () => {
  const layer = (name: string) => [
    [name, "W_q"],
    [name, "meta", "scale"],
    [name, "meta", "zero"],
  ];
  expect(() => chosen([...layer("q_proj"), ["norm", "weight"]])).toThrow("file is stored as HQQ's own dict");
  expect(() => chosen([["model", "norm"], ...layer("q_proj").map((path) => ["model", ...path])])).toThrow("HQQ's own");
  expect(chosen([["q_proj.W_q"], ["meta.scale"]]).names).toEqual(["q_proj.W_q", "meta.scale"]);
});
