import { totalmem } from "node:os";
import { OptionError } from "../../kernel/errors";
import { checkMemory, defaultMemoryLimit } from "../../kernel/threads/memory-limit";

test("the limit is three quarters of the memory, where nothing gives less", () => {
  expect(defaultMemoryLimit()).toBeGreaterThan(0);
  expect(defaultMemoryLimit()).toBeLessThanOrEqual(0.75 * totalmem());
});

test("work of the limit begins, and a byte more says what raises it", () => {
  expect(() => checkMemory(2_000_000_000, 2_000_000_000, "lowRank()", "a layer")).not.toThrow();
  expect(() => checkMemory(2_000_000_000, 2_100_000_001, "lowRank()", "fc (8, 8)")).toThrow(
    new OptionError(
      "compress(): lowRank() needs about 2.1 GB of memory for fc (8, 8), and the limit is 2 GB; { memoryLimit: 2101000000 } raises it",
    ),
  );
  expect(() => checkMemory(500_000, 1_234_567, "merge()", "block 1 mlp")).toThrow("needs about 1.23 MB");
});
