import * as prune from "../../kernel/prune";
import * as table from "../../kernel/prune/pruners";

const { pruners } = table;

test("each method stands under its own kind, and prunerOf() finds it", () => {
  for (const [kind, pruner] of pruners) {
    expect(pruner.kind).toBe(kind);
    expect(prune.prunerOf({ kind })).toBe(pruner);
    expect(prune.isPruneStep({ kind })).toBe(true);
  }
});

test("what the table exports of a method is its row, and its factory is named like its kind", () => {
  const exported = new Map<string, unknown>(Object.entries(table));
  for (const [kind, pruner] of pruners) {
    expect(exported.get(`${kind}Pruner`)).toBe(pruner);
    expect(exported.get(kind)).toBeInstanceOf(Function);
  }
  const rows = [...exported.keys()].filter((name) => name.endsWith("Pruner"));
  expect(rows).toHaveLength(pruners.size);
});

test("the room exports all that the table does", () => {
  expect(prune).toMatchObject(table);
});
