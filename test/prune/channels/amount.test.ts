import { OptionError } from "../../../kernel/errors";
import {
  amountLabel,
  checkAlign,
  checkAmount,
  checkChain,
  checkScope,
  keptOf,
} from "../../../kernel/prune/channels/amount";

describe("checkAmount", () => {
  test("takes exactly one of a share and a number", () => {
    expect(checkAmount("heads", { sparsity: 0 }, "heads")).toEqual({ sparsity: 0 });
    expect(checkAmount("heads", { sparsity: 1 }, "heads")).toEqual({ sparsity: 1 });
    expect(checkAmount("heads", { keep: 1 }, "heads")).toEqual({ keep: 1 });
    for (const options of [{}, { sparsity: 0.5, keep: 3 }])
      expect(() => checkAmount("heads", options, "a number of heads")).toThrow(
        new OptionError("heads(): it takes either sparsity (a share) or keep (a number of heads)"),
      );
  });

  test.each([{ sparsity: 1.1 }, { sparsity: -0.1 }, { keep: 0 }, { keep: 1.5 }, { keep: 2 ** 31 }])(
    "refuses %p",
    (options) => {
      expect(() => checkAmount("heads", options, "heads")).toThrow(OptionError);
    },
  );
});

describe("keptOf", () => {
  test.each([
    [10, { sparsity: 0.25 }, 1, 7], // 2.5 go, and a half rounds up
    [10, { sparsity: 0.24 }, 1, 8],
    [10, { sparsity: 0.25 }, 4, 8],
    [10, { sparsity: 0.1 }, 4, 10], // 9 would be 12, and there are 10
    [10, { keep: 3 }, 1, 3],
    [10, { keep: 3 }, 4, 4],
    [10, { keep: 30 }, 1, 10],
    [10, { sparsity: 1 }, 1, 0],
    [0, { sparsity: 0.5 }, 1, 0],
    [10, {}, 1, 10],
  ])("of %d with %p, a multiple of %d, %d stay", (size, amount, align, kept) => {
    expect(keptOf(size, amount, align)).toBe(kept);
  });
});

test("checkAlign is 1 by default and takes whole numbers from 1", () => {
  expect(checkAlign("nodes", undefined)).toBe(1);
  expect(checkAlign("nodes", 64)).toBe(64);
  expect(() => checkAlign("nodes", 0)).toThrow(OptionError);
});

test("checkScope writes down only what is not the default, and refuses a number over all layers", () => {
  expect(checkScope("nodes", {})).toEqual({});
  expect(checkScope("nodes", { scope: "layer", keep: 3 })).toEqual({});
  expect(checkScope("nodes", { scope: "global" })).toEqual({ scope: "global" });
  expect(() => checkScope("nodes", { scope: "global", keep: 3 })).toThrow("keep is a number for each layer");
  expect(() => checkScope("nodes", { scope: "all" })).toThrow(OptionError);
});

test("checkChain takes two or more names and keeps a copy of its own", () => {
  const chain = ["a", "b"];
  const checked = checkChain("nodes", chain);
  chain.push("c");
  expect(checked).toEqual({ chain: ["a", "b"] });
  expect(Object.isFrozen(checked.chain)).toBe(true);
  expect(checkChain("nodes", undefined)).toEqual({});
  for (const wrong of [["a"], "ab", ["a", 1], {}]) expect(() => checkChain("nodes", wrong)).toThrow("chain is no list");
});

test("amountLabel says the share in percent or the number that stays", () => {
  expect(amountLabel({ sparsity: 1 / 3 })).toBe("33.3 %");
  expect(amountLabel({ keep: 64 })).toBe("keep 64");
});
