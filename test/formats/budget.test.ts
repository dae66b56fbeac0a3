import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel/errors";
import { headerLimit, ParseBudget, unpackedLimit } from "../../kernel/formats/budget";
import { costOfArguments, costOfInstruction } from "../../kernel/formats/pickle-costs";
import { PickleTuple } from "../../kernel/formats/pickle-values";

test("a header may have 64 bytes for each that is stored, past the first MiB, and no more than its format allows", () => {
  expect(unpackedLimit(0, 1e9)).toBe(2 ** 20);
  expect(unpackedLimit(1000, 1e9)).toBe(2 ** 20 + 64_000);
  expect(unpackedLimit(1e9, 100)).toBe(100);
});

test("a file that is not packed may have a header of the format's limit", () => {
  const source = memorySource(new Uint8Array(3));
  expect(headerLimit(source, 1e8)).toBe(1e8);
  expect(headerLimit({ ...source, storedBytes: 1000 }, 1e8)).toBe(2 ** 20 + 64_000);
});

test("a budget is spent to its last byte, and the byte that asks for more is named", () => {
  const budget = new ParseBudget("f.pt", 100);
  budget.spend(16 * 2 ** 20, 5);
  budget.spend(6400, 6);
  const more = (): void => budget.spend(1, 7);
  expect(more).toThrow(FormatError);
  expect(more).toThrow(expect.objectContaining({ offset: 7, file: "f.pt" }));
  expect(more).toThrow("over 16783616 bytes of memory; expected what 100 stored bytes are worth");
});

test("an instruction of a pickle costs more than its bytes, and a call what its arguments hold", () => {
  expect(costOfInstruction(0x7d)).toBeGreaterThan(costOfInstruction(0x4e));
  expect(costOfArguments([new PickleTuple([1, 2, 3]), [4, 5], 6])).toBe(64 * (4 + 3 + 1));
});

test("no file is worth more than a GiB", () => {
  const budget = new ParseBudget("f.pt", 1e12);
  budget.spend(2 ** 30, 0);
  expect(() => budget.spend(1, 0)).toThrow("over 1073741824 bytes");
});
