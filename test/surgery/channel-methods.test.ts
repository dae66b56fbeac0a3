import type { StructuralStep } from "../../kernel/prune";
import { channelMethods, isChannelStep } from "../../kernel/surgery/channel-methods";
import { chooseHeads, chooseMerges, chooseNodes } from "../../kernel/surgery/choose-channels";

test("every method that takes channels out has a row, and whole blocks are no channels", () => {
  const isChannel = (kind: StructuralStep["kind"]) => isChannelStep({ kind } as StructuralStep);
  expect([isChannel("heads"), isChannel("merge"), isChannel("nodes"), isChannel("layers")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("heads are chosen among heads, neurons among neurons", () => {
  const { heads: ofHeads, merge: ofMerge, nodes: ofNodes } = channelMethods;
  expect([ofHeads.channels, ofMerge.channels, ofNodes.channels]).toEqual(["heads", "nodes", "nodes"]);
  expect([ofHeads.choose, ofMerge.choose, ofNodes.choose]).toEqual([chooseHeads, chooseMerges, chooseNodes]);
});
