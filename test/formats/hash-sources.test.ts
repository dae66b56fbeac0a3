import { createHash } from "node:crypto";
import { memorySource } from "../../kernel/bytes/source";
import { hashSources } from "../../kernel/formats/hash-sources";
import { setHostProvider } from "../../kernel/host";

const [one, two] = [Buffer.from("abc"), Buffer.from("defg")];
afterEach(() => setHostProvider(() => ({})));

test("files are hashed one behind the other, told under the model's name", async () => {
  const told: unknown[] = [];
  setHostProvider(() => ({ progress: (one) => told.push(one) }));
  expect(await hashSources([memorySource(one, "1"), memorySource(two, "2")], "model")).toBe(
    createHash("sha256").update("abcdefg").digest("hex"),
  );
  expect(told.at(-1)).toEqual({ task: "hashing", done: 7, total: 7, unit: "bytes", item: "model" });
});

test("a hash that is known is taken, of one file alone", async () => {
  const known = { ...memorySource(one, "1"), byteLength: 3, sha256: "known" } as never;
  expect(await hashSources([known], "model")).toBe("known");
});

test("a signal stops it, the caller's before the cell's", async () => {
  const stopped = new AbortController();
  stopped.abort();
  await expect(hashSources([memorySource(one, "1")], "model", stopped.signal)).rejects.toMatchObject({
    code: "CANCELLED",
  });
  setHostProvider(() => ({ signal: stopped.signal }));
  await expect(hashSources([memorySource(one, "1")], "model")).rejects.toMatchObject({ code: "CANCELLED" });
  const free = new AbortController();
  await expect(hashSources([memorySource(one, "1")], "model", free.signal)).resolves.toHaveLength(64);
});
