/** A folder of quantized weights: what its plan says, and where the settings come from. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { usualShardBytes } from "../../kernel/formats/safetensors-shards";
import type { FolderModel } from "../../kernel/save/model-folder";
import { planQuantizedFolder } from "../../kernel/save/quantized-folder";

let root: string;
let from: string;
let to: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codebook-quantized-"));
  [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(from);
  writeFileSync(join(from, "config.json"), '{"model_type":"own","eps":1e-05}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const { tensors } = fromArrays({ w: { shape: [2], values: Float32Array.of(1, 2) } });
const folderOf = (model: Partial<FolderModel> = {}, origin?: string) =>
  planQuantizedFolder(
    {
      method: "saveOwn",
      model: { tensors, ...model },
      form: "own folder",
      engine: "none",
      parts: [{ tensor: tensors[0], written: tensors, packedAs: "int4" }],
      quantization: { quant_method: "own" },
    },
    {
      from: origin,
      resume: false,
      replace: false,
      provenance: true,
      shardBytes: usualShardBytes,
      signal: undefined,
    },
  );
const configIn = () => JSON.parse(readFileSync(join(to, "config.json"), "utf8")) as object;
const own = { quantization_config: { quant_method: "own" } };

test("the plan says what is written, to the byte", async () => {
  const { plan, write } = folderOf();
  expect(plan).toMatchObject({ form: "own folder", engine: "none" });
  expect(plan.layers).toEqual([
    {
      name: "w",
      shape: [2],
      held: "packed",
      as: "int4",
      bytes: 8,
      tensors: [{ name: "w", dtype: "F32", shape: [2], sizeBytes: 8 }],
    },
  ]);
  expect(await write(to)).toEqual({ bytes: plan.bytes, files: ["model.safetensors", "config.json"] });
  expect(readFileSync(join(to, "model.safetensors"))).toHaveLength(plan.bytes);
});

test("config.json is the model's own, the original's, or what is needed alone", async () => {
  await folderOf({ config: { model_type: "mine", quantization_config: "old" } }, from).write(to);
  expect(configIn()).toEqual({ model_type: "mine", ...own });
  await folderOf({}, from).write(to);
  expect(readFileSync(join(to, "config.json"), "utf8")).toMatch(
    /^\{"model_type":"own","eps":1e-05,"quantization_config": /,
  );
  expect(configIn()).toEqual({ model_type: "own", eps: 1e-5, ...own });
  await folderOf().write(to);
  expect(configIn()).toEqual(own);
});

test.each([
  ["{", "this is no JSON; expected a JSON object"],
  ["[]", "this is a list; expected a JSON object"],
  ["7", "this is 7; expected a JSON object"],
])("a config.json that is %s is refused", async (text, words) => {
  writeFileSync(join(from, "config.json"), text);
  await expect(folderOf({}, from).write(to)).rejects.toThrow(FormatError);
  await expect(folderOf({}, from).write(to)).rejects.toThrow(words);
});

test("one that is gone is told", async () => {
  rmSync(join(from, "config.json"));
  await expect(folderOf({}, from).write(to)).rejects.toThrow("there is no such file");
});
