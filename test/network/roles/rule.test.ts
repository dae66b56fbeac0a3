import { firstRule, type RoleRule } from "../../../kernel/network/roles/rule";
import { subjectOf } from "../../../kernel/network/roles/subject";

const rules: readonly RoleRule[] = [
  { role: "norm", because: "first", parameter: /^weight$/, layer: /^norm$/, least: 2 },
  { role: "buffer", because: "second", path: /^a\.norm\.weight$/, most: 1 },
  { role: "bias", because: "third", fits: ({ extent }) => extent === 1 },
];

test.each([
  ["a.norm.weight", [2, 3], "first"],
  ["a.norm.weight", [3], "second"],
  ["b.norm.weight", [3], "third"],
  ["b.norm.other", [3, 3], undefined],
])("of the rules, %s %j takes %s: all that a rule asks must hold", (name, shape, because) => {
  expect(firstRule(rules, subjectOf({ name, shape }))?.because).toBe(because);
});
