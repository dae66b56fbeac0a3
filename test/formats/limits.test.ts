import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel/errors";
import type * as limits from "../../kernel/formats/limits";
import { openSafetensors } from "../../kernel/formats/safetensors";
import { readShardIndex } from "../../kernel/formats/shards";
import { entry, safetensorsFile } from "./files";

/** The limits are a thousandth of themselves here, so that a file that is over one is small. */
jest.mock("../../kernel/formats/limits", () => {
  const real = jest.requireActual<typeof limits>("../../kernel/formats/limits");
  return { ...real, maxTensors: real.maxTensors / 1000, maxShards: real.maxShards / 1000 };
});

const many = (count: number): string => Array.from({ length: count }, (_, i) => entry(`w${i}`, "U8", [0], 0, 0)).join();
const shards = (count: number): Uint8Array =>
  new Uint8Array(
    Buffer.from(
      JSON.stringify({
        weight_map: Object.fromEntries(Array.from({ length: count }, (_, i) => [`w${i}`, `${i}.safetensors`])),
      }),
    ),
  );

it("a header has at most a million tensors, more than any model, and two hundred thousand are none too many", async () => {
  const model = await openSafetensors(memorySource(safetensorsFile(`{${many(1000)}}`)), "m");
  expect(model.tensors).toHaveLength(1000);
  const over = await openSafetensors(memorySource(safetensorsFile(`{${many(1001)}}`)), "m").catch(
    (error: unknown) => error,
  );
  expect(over).toBeInstanceOf(FormatError);
  expect(over).toMatchObject({
    offset: 8 + 1 + many(1000).length + 1,
    message: expect.stringContaining("more than 1000 tensors"),
  });
});

it("an index has at most ten thousand shards", async () => {
  expect((await readShardIndex(memorySource(shards(10)))).shards.size).toBe(10);
  await expect(readShardIndex(memorySource(shards(11)))).rejects.toThrow("more than 10 shards");
});
