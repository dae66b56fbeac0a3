/** A folder of quantized weights: config.json with its quantization_config comes right behind the weights, so that a folder with one is whole. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, FormatError, WriteError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { writeQuantizedFolder, type QuantizedFolder } from "../../kernel/save/quantized-folder";

/** The names that files get, in their order. */
const mockOrder: string[] = [];
jest.mock("node:fs/promises", () => {
  type Call = (...words: string[]) => Promise<unknown>;
  const real = jest.requireActual<Record<string, Call>>("node:fs/promises");
  const rename = (from: string, to: string) => (mockOrder.push(to.replace(/.*[\\/]/, "")), real.rename(from, to));
  return { ...real, rename };
});

let root: string;
let from: string;
let to: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codebook-quantized-"));
  [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(from);
  writeFileSync(join(from, "config.json"), '{"model_type":"own"}');
  writeFileSync(join(from, "tokenizer.json"), "{}");
  mockOrder.length = 0;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const { tensors } = fromArrays({ w: { shape: [2], values: Float32Array.of(1, 2) } });
const write = (more: Partial<QuantizedFolder> = {}, folder = to) =>
  writeQuantizedFolder("saveOwn", folder, {
    model: { sha256: () => Promise.resolve("ab".repeat(32)) },
    tensors,
    quantization: { quant_method: "own" },
    from: undefined,
    signal: undefined,
    resume: undefined,
    ...more,
  });
const configIn = () => JSON.parse(readFileSync(join(to, "config.json"), "utf8")) as object;
const own = { quantization_config: { quant_method: "own" } };

test.each([undefined, false, true])("the small files, the weights, config.json (resume: %p)", async (resume) => {
  const { bytes, files } = await write({ from, resume });
  expect(files).toEqual(mockOrder);
  expect(mockOrder).toEqual(["tokenizer.json", "model.safetensors", "config.json"]);
  const file = readFileSync(join(to, "model.safetensors"));
  expect([file.length, file.toString("latin1").includes('"format":"pt"')]).toEqual([bytes, true]);
  expect(configIn()).toEqual({ model_type: "own", ...own });
});

test("config.json is the model's own, the original's, or what is needed alone", async () => {
  await write({ from, model: { config: { model_type: "mine", quantization_config: "old" } } });
  expect(configIn()).toEqual({ model_type: "mine", ...own });
  await write();
  expect(configIn()).toEqual(own);
  expect(readFileSync(join(to, "config.json"), "utf8")).toMatch(/^\{\n {2}"[^]*\}\n$/);
});

test.each([
  ["{", "this is no JSON; expected the config.json of a model"],
  ["[]", "this is no JSON object"],
  ["null", "this is no JSON object"],
  ["7", "this is no JSON object"],
])("a config.json that is %s is refused", async (text, words) => {
  writeFileSync(join(from, "config.json"), text);
  await expect(write({ from })).rejects.toThrow(FormatError);
  await expect(write({ from })).rejects.toThrow(`${join(from, "config.json")}, byte 0: ${words}`);
});

test("one that is gone is told, before the folder is made", async () => {
  rmSync(join(from, "config.json"));
  await expect(write({ from })).rejects.toThrow("there is no such file");
  expect(readdirSync(root)).toEqual(["from"]);
});

test("the original's own folder, one with a model in several files, and one that cannot be made are refused", async () => {
  await expect(write({ from }, from)).rejects.toThrow(`saveOwn(): ${from} is the original's own folder; name another`);
  mkdirSync(to);
  writeFileSync(join(to, "model.safetensors.index.json"), "{}");
  await expect(write()).rejects.toThrow(`saveOwn(): ${to} holds another model in several files; name another folder`);
  const inFile = write({}, join(from, "config.json", "sub"));
  await expect(inFile).rejects.toThrow(WriteError);
  await expect(inFile).rejects.toThrow(/the folder cannot be made: .*ENOTDIR/);
  expect(mockOrder).toEqual([]);
});

test("a signal stops it before anything has a name", async () => {
  await expect(write({ from, signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
  await expect(write({ signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
  expect(mockOrder).toEqual([]);
});
