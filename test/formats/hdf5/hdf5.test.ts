import { memorySource } from "../../../kernel/bytes/source";
import { Random } from "../../../kernel/bytes/random";
import { CodebookError } from "../../../kernel/errors";
import { openHdf5 } from "../../../kernel/formats/hdf5/hdf5";
import { mutate } from "../../hostile/fuzz/mutate";
import { bytesOf } from "../keras/files";

it("refuses or opens whatever became of a file, and does not break", async () => {
  const random = new Random(20261130);
  const sound = bytesOf("plain .h5");
  const outcomes = new Set<string>();
  for (let round = 0; round < 12; round++) {
    const source = memorySource(mutate(sound, random), "mutant.h5");
    const outcome = await openHdf5(source, undefined)
      .then(async ({ arrays }) => {
        for (const array of arrays) await array.tensor(array.path).read();
        return "opened";
      })
      .catch((error: unknown) => (error instanceof CodebookError ? error.code : String(error)));
    outcomes.add(outcome);
  }
  expect([...outcomes].filter((one) => !["opened", "FORMAT", "SOURCE", "UNSUPPORTED"].includes(one))).toEqual([]);
});
