/** Contents that lie are refused by the tensor's name; a file elsewhere is read through its source. */
import { headerBytes } from "../../kernel/archive/contents";
import { endOfModel, headerOfModel, readModelFile } from "../../kernel/archive/model-file";
import { memorySource } from "../../kernel/bytes/source";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fromArrays, linear, type CompressedModel } from "../../kernel";
import type { JsonObject } from "../../kernel/formats/json-file";
import { openSource } from "../../kernel/open/open";
import { openCodebook } from "../../kernel/save/opened-codebook";

const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
let folder: string;
let bytes: Uint8Array;
let contents: JsonObject;
let pieces: Uint8Array;
let small: CompressedModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "codebook-opened-"));
  const toy = fromArrays({
    "fc.weight": { shape: [2, 32], values },
    "fc.bias": { shape: [2], values: values.slice(0, 2) },
  });
  small = await compress(toy, linear({ bits: 4, group: 32 }));
  await small.save(join(folder, "small.codebook"));
  bytes = new Uint8Array(readFileSync(join(folder, "small.codebook")));
  const file = await readModelFile(memorySource(bytes));
  contents = file.contents;
  pieces = bytes.subarray(headerBytes, file.contentsAt);
});
afterAll(() => rmSync(folder, { recursive: true }));

const source = (changed: JsonObject) =>
  memorySource(
    Buffer.concat([headerOfModel(), pieces, endOfModel(changed, headerBytes + pieces.length)]),
    "m.codebook",
  );
const withTensor = (change: object, at = 0): JsonObject => ({
  ...contents,
  tensors: (contents.tensors as object[]).map((tensor, i) => (i === at ? { ...tensor, ...change } : tensor)),
});
const outlineOf = (change: object): object => {
  const { outline } = (contents.tensors as { outline: object }[])[0];
  return { outline: { ...outline, ...change } };
};

test("bytes in memory are read through their source", async () => {
  const back = await openSource(memorySource(bytes, "m.codebook"));
  for (const tensor of small.tensors) expect(await back.tensor(tensor.name).read()).toEqual(await tensor.read());
  await expect((back as CompressedModel).save(join(folder, "x.codebook"))).rejects.toThrow(/not on this machine/);
});

test.each([
  ["no report", () => ({ ...contents, report: {} }), /cannot be drawn: its version is missing/],
  ["metadata that are a list", () => ({ ...contents, metadata: [] }), /the metadata are object; expected an object/],
  ["a config that is a text", () => ({ ...contents, config: "x" }), /the config are string/],
  ["a name twice", () => withTensor({ name: "fc.weight" }, 1), /a name comes twice/],
  ["no shape", () => withTensor({ shape: "x" }), /"fc\.weight" has no shape/],
  [
    "a shape beyond all files",
    () => withTensor({ shape: [2 ** 40], role: undefined }),
    /has \d+ weights; expected at most 65536 for each/,
  ],
  ["no type", () => withTensor({ dtype: 3 }), /has no type/],
  ["an unknown role", () => withTensor({ role: "king" }), /is "king"/],
  ["axes that are none", () => withTensor({ axes: { output: [7], input: [], stacked: [] } }), /has axes that are none/],
  ["no outline", () => withTensor({ outline: 3 }), /has no outline/],
  ["an unknown content", () => withTensor(outlineOf({ content: { kind: "x" } })), /holds "x"/],
  ["no size", () => withTensor(outlineOf({ sizeBytes: "x" })), /has no size/],
  [
    "a file elsewhere",
    () => withTensor({ layer: undefined, file: "../../etc/passwd", key: "k" }),
    /neither parts nor a file/,
  ],
  ["other bytes than its shape's", () => withTensor({ sizeBytes: 9 }, 1), /has 9 bytes; expected 8/],
  [
    "a type without values of another size",
    () => withTensor({ dtype: "X9", sizeBytes: 9 }, 1),
    /takes 8 bytes; expected 9/,
  ],
])("refused: %s", async (_, changed, says) => {
  await expect(openCodebook(source(changed()), "m", { signal: undefined })).rejects.toThrow(says);
});

test("steps that no method makes, and parts that do not fit each other, are faults of the file", async () => {
  const step = (quantizer: object) => withTensor(outlineOf({ content: { kind: "codes", quantizer, tables: [] } }));
  await expect(openSource(source(step({ kind: "linear", bits: 4, group: 0 })))).rejects.toThrow(/made by no method/);
  const wrong = await openSource(source(step({ kind: "kMeans", bits: 4 })));
  await expect(wrong.tensors[0].read()).rejects.toThrow(/do not fit each other/);
});
