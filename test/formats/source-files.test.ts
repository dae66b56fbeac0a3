/** Nothing is written over a file that a model is read from, by whatever name it is reached. */
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  compress,
  fromArrays,
  linear,
  open,
  OptionError,
  pack,
  saveGguf,
  saveSafetensors,
  saveTfjs,
  unpack,
  type Model,
} from "../../kernel";
import { fileSource, memorySource } from "../../kernel/bytes/source";
import { openSource } from "../../kernel/open/open";
import {
  alsoReads,
  checkPath,
  filesOf,
  inheritFiles,
  pathsOf,
  recordFiles,
  refuseFiles,
  refuseOwnFiles,
} from "../../kernel/formats/source-files";

let root: string;
let file: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "codebook-own-"));
  mkdirSync(join(root, "net"));
  file = join(root, "net", "model.safetensors");
  await saveSafetensors(network(1), file);
  writeFileSync(join(root, "net", "config.json"), '{"model_type":"own"}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const network = (seed: number) =>
  fromArrays({
    "a.weight": { shape: [4, 32], values: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i * seed)) },
  });
const own = /which the model is read from|a file that the model is read from|the original's own folder/;

async function refused(write: () => Promise<unknown>): Promise<void> {
  const before = readFileSync(file);
  await expect(write()).rejects.toThrow(OptionError);
  await expect(write()).rejects.toThrow(own);
  expect(readFileSync(file)).toEqual(before);
}

test("the model's file, by its name, a link, a second name, and its folder are refused, and replaced when it is meant", async () => {
  const model = await open(join(root, "net"));
  const small = await compress(model, linear({ bits: 4, group: 32 }));
  symlinkSync(file, join(root, "link.safetensors"));
  symlinkSync(join(root, "net"), join(root, "link"));
  linkSync(file, join(root, "hard.safetensors"));
  for (const path of [file, ...["link", "hard"].map((name) => join(root, `${name}.safetensors`))]) {
    await refused(() => small.save(path));
    await refused(() => saveSafetensors(model, path));
    await refused(() => saveSafetensors({ tensors: model.tensors }, path));
  }
  for (const folder of ["net/", "link/"]) await refused(() => small.save(join(root, folder)));
  await refused(() =>
    saveGguf({ ...model, tensors: model.tensors, metadata: {} } as Model, join(root, "net/config.json")),
  );
  // A copy is another file.
  copyFileSync(file, join(root, "copy.safetensors"));
  await small.save(join(root, "copy.safetensors"));
  const other = await compress(await open(join(root, "net")), linear({ bits: 4, group: 32 }));
  await other.save(file, { replace: true });
  const values = await (await open(file)).tensor("a.weight").read();
  expect(values).toEqual(await small.tensor("a.weight").read());
});

test("the folder takes the place of the model's own when it is meant", async () => {
  const small = await compress(await open(join(root, "net")), linear({ bits: 4, group: 32 }));
  await small.save(join(root, "net/"), { replace: true });
  expect((await open(join(root, "net"))).tensor("a.weight").scheme).toContain("compressed-tensors");
});

test("a shard, the index, and the files of a TensorFlow.js model are refused", async () => {
  const small = await compress(await open(join(root, "net")), linear({ bits: 4, group: 32 }));
  await small.save(join(root, "many/"), { maxShardSize: 16 });
  const sharded = await open(join(root, "many"));
  const [shard, index] = [
    filesOf(sharded).find((path) => /00002-of/.test(path)) ?? "",
    join(root, "many/model.safetensors.index.json"),
  ];
  for (const path of [shard, index]) await refused(() => saveSafetensors(sharded, path));
  const net = { tensors: network(2).tensors, config: { modelTopology: {} } };
  await saveTfjs(net, join(root, "tfjs"));
  const opened = await open(join(root, "tfjs"));
  await refused(() => saveTfjs(opened, join(root, "tfjs")));
  await refused(() => saveSafetensors(opened, join(root, "tfjs/weights.bin")));
  await saveTfjs(opened, join(root, "tfjs"), { replace: true });
});

test("an archive, its base, and what pack() and unpack() read are refused", async () => {
  await saveSafetensors(network(1.01), join(root, "tuned.safetensors"));
  const [base, tuned, archive] = [file, join(root, "tuned.safetensors"), join(root, "tuned.codebook")];
  await refused(() => pack(tuned, tuned));
  await refused(() => pack(tuned, base, { base }));
  await pack(tuned, archive, { base });
  await refused(() => unpack(archive, base, { base }));
  await refused(() => unpack(archive, archive, { base }));
  copyFileSync(base, join(root, "model.safetensors"));
  const model = await open(archive);
  for (const path of [archive, join(root, "model.safetensors")]) await refused(() => saveSafetensors(model, path));
  await model.tensor("a.weight").read();
  await refused(() => saveSafetensors(model, join(root, "model.safetensors")));
  await pack(tuned, tuned, { replace: true });
  expect((await open(tuned)).tensors).toHaveLength(1);
});

test("what came from no file of this machine has none, and what is not there is nobody's", async () => {
  const held = await openSource(memorySource(readFileSync(file), "memory.safetensors"));
  expect([filesOf(held), filesOf(network(1)), pathsOf([memorySource(new Uint8Array(1))])]).toEqual([[], [], []]);
  await saveSafetensors(held, file);
  await refuseOwnFiles("save", await open(file), join(root, "none/model.safetensors"), false);
  await refuseFiles("save", [join(root, "gone")], join(root, "gone"));
});

test("a model inherits what the one that it is made from is read from", async () => {
  const model = recordFiles(network(1), [await fileSource(file)]);
  expect(filesOf(inheritFiles({ tensors: [] }, model))).toEqual([file]);
  expect(filesOf({ tensors: [...model.tensors, {}] })).toEqual([file]);
  expect(filesOf(inheritFiles({ tensors: [] }, {}))).toEqual([]);
});

test("what is no path on this machine is refused, with the path where there is one", async () => {
  const model = network(1);
  const small = await compress(model, linear({ bits: 4, group: 32 }));
  const target = join(root, "a b.safetensors");
  const writers = [
    (path: string) => small.save(path),
    (path: string) => saveSafetensors(model, path, { replace: true }),
  ];
  for (const write of writers) {
    await expect(write(pathToFileURL(target).href)).rejects.toThrow(OptionError);
    await expect(write(pathToFileURL(target).href)).rejects.toThrow(
      `is an address; it takes a path on this machine, such as ${JSON.stringify(target)}`,
    );
    await expect(write("file://elsewhere/x.gguf")).rejects.toThrow('such as "/elsewhere/x.gguf"');
    await expect(write("https://example.org/x.safetensors")).rejects.toThrow('such as "small.safetensors"');
    await expect(write("hf:owner/name")).rejects.toThrow("is an address");
    await expect(write("")).rejects.toThrow("was given an empty text");
    await expect(write(undefined as never)).rejects.toThrow("was given undefined");
    await expect(write("a\0.safetensors")).rejects.toThrow("holds a NUL character");
  }
});

test("files that a model is read from too are added to its own", () => {
  const model = { tensors: [] };
  recordFiles(model, [{ files: ["a"] }] as never);
  expect(filesOf(alsoReads(model, ["b", "c"]))).toEqual(["a", "b", "c"]);
  expect(filesOf(alsoReads({ tensors: [] }, ["b"]))).toEqual(["b"]);
});

test("names that hold a colon are paths", () => {
  for (const path of ["C:/small.gguf", "a:b.gguf", "./file:x", "//server/x"])
    expect(() => {
      checkPath("save", path);
    }).not.toThrow();
});
