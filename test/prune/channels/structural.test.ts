import { edges } from "../../../kernel/prune/edges";
import { heads } from "../../../kernel/prune/heads";
import { layers } from "../../../kernel/prune/layers";
import { magnitude } from "../../../kernel/prune/magnitude";
import { merge } from "../../../kernel/prune/merge";
import { nodes } from "../../../kernel/prune/nodes";
import { isStructural } from "../../../kernel/prune/channels/structural";

describe("isStructural", () => {
  test("is true of the steps that change shapes", () => {
    for (const step of [heads({ keep: 1 }), layers({ keep: 1 }), merge({ keep: 1 }), nodes({ keep: 1 })])
      expect(isStructural(step)).toBe(true);
  });

  test("is false of nodes that become zeros, and of masks", () => {
    for (const step of [nodes({ keep: 1, remove: false }), magnitude({ sparsity: 0.5 }), edges({ fanIn: 2 })])
      expect(isStructural(step)).toBe(false);
  });
});
