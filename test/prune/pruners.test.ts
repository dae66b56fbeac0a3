import * as prune from "../../kernel/prune";
import { pruners } from "../../kernel/prune/pruners";

test("each method stands under its own kind, and prunerOf() finds it", () => {
  for (const [kind, pruner] of pruners) {
    expect(pruner.kind).toBe(kind);
    expect(prune.prunerOf({ kind })).toBe(pruner);
    expect(prune.isPruneStep({ kind })).toBe(true);
  }
});

test("what the room exports of a method is its row, and its factory is named like its kind", () => {
  const exported = new Map<string, unknown>(Object.entries(prune));
  for (const [kind, pruner] of pruners) {
    expect(exported.get(`${kind}Pruner`)).toBe(pruner);
    expect(exported.get(kind)).toBeInstanceOf(Function);
  }
  const rows = [...exported.keys()].filter((name) => name.endsWith("Pruner"));
  expect(rows).toHaveLength(pruners.size + prune.structuralPruners.size);
});
