/** Every form of a save onto a disk that is full: a small one in memory, which takes the rights of root to mount. What was there stays, nothing that
 *  is half-written has a name, the error says so in types and words; with `resume` the same call ends it once there is room, at the same bytes. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fromArrays,
  linear,
  magnitude,
  nf4,
  open,
  pack,
  saveSafetensors,
  WriteError,
  type CompressedModel,
} from "../../kernel";
import { gaussianWeights } from "../blocks/weights";

const root = mkdtempSync(join(tmpdir(), "codebook-full-disk-"));
const disk = join(root, "disk");
const mount = (...words: string[]) => spawnSync("mount", [...words, disk]).status === 0;

mkdirSync(disk);
/** 96 kB: an old save fits, the new one does not. */
const isMounted = process.platform === "linux" && mount("-t", "tmpfs", "-o", "size=96k", "tmpfs");

afterAll(() => {
  if (isMounted) spawnSync("umount", [disk]);
  rmSync(root, { recursive: true });
});

/** A network of `size` × `size` matrices, and its source as a folder. */
async function compressedOf(size: number) {
  const matrix = (seed: number) => ({ shape: [size, size], values: gaussianWeights(size * size, seed) });
  const source = join(root, `source-${size}`);
  mkdirSync(source);
  writeFileSync(join(source, "config.json"), `{ "model_type": "toy", "hidden_size": ${size} }`);
  writeFileSync(join(source, "tokenizer.json"), `{ "size": ${size} }`);
  await saveSafetensors(
    fromArrays({
      "a.weight": matrix(1),
      "b.weight": matrix(2),
      "c.weight": matrix(3),
      "norm.weight": { shape: [size], values: gaussianWeights(size, 4) },
    }),
    join(source, "model.safetensors"),
  );
  const model = await open(source);
  return {
    source,
    linear: await compress(model, linear({ bits: 4, group: 64 }), { workers: 1 }),
    nf4: await compress(model, nf4(), { workers: 1 }),
    pruned: await compress(model, magnitude({ sparsity: 0.5 }), { workers: 1 }),
  };
}

type Made = Awaited<ReturnType<typeof compressedOf>>;

const saveOf =
  (
    which: (made: Made) => CompressedModel,
    name: string,
    options: { maxShardSize?: number; architecture?: string } = {},
  ) =>
  (made: Made, folder: string, resume: boolean): Promise<unknown> =>
    which(made).save(join(folder, name), { ...options, resume });

const forms: Record<string, (made: Made, folder: string, resume: boolean) => Promise<unknown>> = {
  safetensors: saveOf(({ pruned }) => pruned, "m.safetensors"),
  GGUF: saveOf(({ pruned }) => pruned, "m.gguf", { architecture: "llama" }),
  "compressed model": saveOf(({ linear: small }) => small, "m.codebook"),
  "folder, compressed-tensors": saveOf(({ linear: small }) => small, "small/"),
  "folder, bitsandbytes": saveOf(({ nf4: small }) => small, "small/"),
  "folder, plain": saveOf(({ pruned }) => pruned, "small/"),
  "folder, in several files": saveOf(({ linear: small }) => small, "small/", { maxShardSize: 30_000 }),
  pack: ({ source }, folder, resume) =>
    pack(join(source, "model.safetensors"), join(folder, "m.codebook"), { workers: 1, resume }),
};

/** Every file below with its hash. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(folder.length), createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );

const emptied = (folder: string) => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
};

const title = isMounted ? "a full disk" : "a full disk (skipped: mounting a disk in memory takes the rights of root)";
(isMounted ? describe : describe.skip)(title, () => {
  let made: { small: Made; large: Made };
  beforeAll(async () => {
    made = { small: await compressedOf(64), large: await compressedOf(320) };
  }, 60_000);

  it.each(Object.entries(forms))(
    "%s: the old one stays, and with resume the same call ends it",
    async (_, save) => {
      const roomy = mkdtempSync(join(root, "roomy-"));
      await save(made.small, roomy, false);
      const before = contents(roomy);
      await save(made.large, roomy, false);
      const after = contents(roomy);
      emptied(disk);
      expect(mount("-o", "remount,size=96k")).toBe(true);
      await save(made.small, disk, false);
      expect(contents(disk)).toEqual(before);
      const refused = async (resume: boolean): Promise<WriteError> => {
        const error: unknown = await save(made.large, disk, resume).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(WriteError);
        return error as WriteError;
      };
      const plain = await refused(false);
      expect(plain.message).toContain("the disk is full");
      expect(contents(disk)).toEqual(before);
      const resumed = await refused(true);
      expect(resumed.message).toContain("the disk is full");
      expect(resumed.message).not.toMatch(/\b0 bytes/);
      // What stays is beside it, and the message has its name.
      const beside = Object.keys(contents(disk)).filter((name) => !(name in before));
      for (const [name, hash] of Object.entries(before)) expect([name, contents(disk)[name]]).toEqual([name, hash]);
      const kept = beside.filter((name) => statSync(disk + name).size > 0);
      if (kept.length > 0) expect(resumed.message).toMatch(/partial/);
      expect(mount("-o", "remount,size=8m")).toBe(true);
      await save(made.large, disk, true);
      expect(contents(disk)).toEqual(after);
    },
    60_000,
  );
});
