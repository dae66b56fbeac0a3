import { ggufValue, OptionError } from "../../../kernel";
import { checkedKeys, type ChosenKeys } from "../../../kernel/formats/gguf/chosen-keys";

const own = { "general.architecture": "llama", "general.name": "a", "llama.block_count": 2, list: [1, 2] };

test("what changes the model's own keys is told, what is new is not", () => {
  const { changes, notes } = checkedKeys("save", own, {
    metadata: { "general.name": "b", "own.key": true, "llama.block_count": 2, list: undefined },
  });
  expect(changes).toEqual({ "general.name": "b", "own.key": true, "llama.block_count": 2, list: undefined });
  expect(notes).toEqual(['general.name was "a" and is "b"', "list was [1,2] and is left out"]);
  expect(checkedKeys("save", own, {})).toEqual({ changes: {}, notes: [] });
});

test("a missing architecture is told, and named by an option", () => {
  const missing = [
    'the file names no general.architecture, without which no engine opens it: { architecture: "llama" } names one',
  ];
  expect(checkedKeys("save", {}, {}).notes).toEqual(missing);
  expect(checkedKeys("save", own, { metadata: { "general.architecture": undefined } }).notes).toContain(missing[0]);
  expect(checkedKeys("save", { "general.type": "imatrix" }, {}).notes).toEqual([]);
  expect(checkedKeys("save", {}, { architecture: "own" })).toEqual({
    changes: { "general.architecture": "own" },
    notes: [],
  });
  expect(checkedKeys("save", own, { architecture: "llama" }).notes).toEqual([]);
  expect(checkedKeys("save", own, { architecture: "own", metadata: { "general.architecture": "own" } }).notes).toEqual([
    'general.architecture was "llama" and is "own"',
  ]);
});

test.each<[ChosenKeys, string]>([
  [{ architecture: "own" }, 'the model\'s own metadata says "llama"'],
  [{ architecture: "own", metadata: { "general.architecture": "llama" } }, 'metadata say "llama"'],
  [{ architecture: "a b" }, 'architecture is "a b"; it takes a name'],
  [{ metadata: { "general.architecture": 3 } }, "general.architecture is 3; it takes a name"],
  [{ metadata: { "": 1 } }, '"" cannot be a key'],
  [{ metadata: { "a b": 1 } }, '"a b" cannot be a key'],
  [{ metadata: { schlüssel: 1 } }, "cannot be a key"],
  [{ metadata: { "split.count": 2 } }, "split.count belongs to a model in several files"],
  [{ metadata: { "general.name": 3 } }, 'general.name is 3, a number; the model\'s own is "a", a text'],
  [{ metadata: { list: 1 } }, "list is 1, a number; the model's own is [1,2], a list"],
])("%p is refused", (chosen, reason) => {
  const check = () => checkedKeys("save", own, chosen);
  expect(check).toThrow(OptionError);
  expect(check).toThrow(reason);
});

test("a typed value may be of another kind", () => {
  expect(checkedKeys("save", own, { metadata: { "general.name": ggufValue("uint8", 3) } }).notes).toEqual([
    'general.name was "a" and is 3',
  ]);
});
