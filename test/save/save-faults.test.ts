/** Every writer under every fault: whichever call to the file system fails, by a full disk, a broken one or a write that stops half-way, each
 *  file is the old one or the whole new one, and nothing else lies in the folder. And a process that is killed at any moment. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import {
  CancelledError,
  CodebookError,
  compress,
  fromArrays,
  ggml,
  linear,
  magnitude,
  nf4,
  open,
  pack,
  saveGguf,
  saveSafetensors,
  saveTfjs,
  unpack,
  WriteError,
  type CompressedModel,
  type Model,
  type SaveTfjsOptions,
} from "../../kernel";
import { gaussianWeights } from "../blocks/weights";
import { callsMade, forgetProcesses, untilKilled, watch, type Fault } from "../bytes/watched-files";
import { isFull, sample, sampleOf } from "../tiers";

jest.mock("node:fs/promises", () =>
  jest.requireActual<{ watchedFiles(): object }>("../bytes/watched-files").watchedFiles(),
);

/** Faults that a writer meets. npm test has all three for a file, a folder and an archive, and for the others one that throws: what catches a
 *  fault is theirs, and does not depend on its code. */
const faultsOf = (name: string): Fault[] =>
  sample<Fault>(
    ["ENOSPC", "EIO", "short"],
    ["safetensors", "folder, compressed-tensors", "pack"].includes(name) ? ["ENOSPC", "EIO", "short"] : ["EIO"],
    (fault) => fault,
  );

const root = mkdtempSync(join(tmpdir(), "codebook-faults-"));
afterAll(() => rmSync(root, { recursive: true }));

function network(seed: number): Model {
  const matrix = (rows: number, own: number) => ({ shape: [rows, 64], values: gaussianWeights(rows * 64, seed + own) });
  return fromArrays({
    "a.weight": matrix(48, 1),
    "b.weight": matrix(32, 2),
    "norm.weight": { shape: [64], values: gaussianWeights(64, seed + 3) },
  });
}

let made: Record<
  "old" | "new",
  {
    linear: CompressedModel;
    nf4: CompressedModel;
    pruned: CompressedModel;
    blocks: CompressedModel;
    plain: Model;
  }
>;
const metadata = { "general.architecture": "llama" };

beforeAll(async () => {
  const of = async (seed: number) => {
    // A folder as Hugging Face has it, to come from.
    const original = join(root, `original-${seed}`);
    mkdirSync(original);
    writeFileSync(join(original, "config.json"), JSON.stringify({ model_type: "toy", hidden_size: 64, seed }));
    writeFileSync(join(original, "tokenizer.json"), `{ "seed": ${seed} }`);
    await saveSafetensors(network(seed), join(original, "model.safetensors"));
    const plain = await open(original);
    const gguf = join(root, `original-${seed}.gguf`);
    await saveGguf(network(seed), gguf, { metadata });
    return {
      plain: network(seed),
      linear: await compress(plain, linear({ bits: 4, group: 32 })),
      nf4: await compress(plain, nf4({ doubleQuant: true })),
      pruned: await compress(plain, magnitude({ sparsity: 0.5 })),
      blocks: await compress(await open(gguf), ggml({ type: "Q8_0" })),
    };
  };
  made = { old: await of(1), new: await of(100) };
  for (const which of ["old", "new"] as const) {
    await saveSafetensors(made[which].plain, join(root, `${which}.source`));
    await pack(join(root, `${which}.source`), join(root, `${which}.codebook`), { workers: 1 });
  }
});

/** Each writes into a folder. */
const writers: Record<string, (folder: string, which: "old" | "new") => Promise<unknown>> = {
  safetensors: (folder, which) => saveSafetensors(made[which].plain, join(folder, "m.safetensors"), { dtype: "F16" }),
  "compressed values as safetensors": (folder, which) => made[which].linear.save(join(folder, "m.safetensors")),
  GGUF: (folder, which) => saveGguf(made[which].plain, join(folder, "m.gguf"), { metadata }),
  "GGUF, ggml's blocks": (folder, which) => made[which].blocks.save(join(folder, "m.gguf")),
  "folder, compressed-tensors": (folder, which) => made[which].linear.save(`${folder}/`),
  "folder, bitsandbytes": (folder, which) => made[which].nf4.save(`${folder}/`),
  "folder, in several files": (folder, which) => made[which].linear.save(`${folder}/`, { maxShardSize: 3000 }),
  "folder, plain": (folder, which) => made[which].pruned.save(`${folder}/`),
  "compressed model": (folder, which) => made[which].linear.save(join(folder, "m.codebook")),
  pack: (folder, which) => pack(join(root, `${which}.source`), join(folder, "m.codebook"), { workers: 1 }),
  unpack: (folder, which) => unpack(join(root, `${which}.codebook`), join(folder, "m"), { workers: 1 }),
};

const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );

describe.each(Object.entries(writers))("%s", (name, write) => {
  const folder = (own: string) => join(root, `${name.replace(/\W+/g, "-")}-${own}`);
  let calls = 0;
  beforeAll(async () => {
    for (const which of ["old", "new"] as const) {
      mkdirSync(folder(which));
      watch(0, "EIO");
      await write(folder(which), which);
      calls = callsMade();
    }
  });

  it.each(faultsOf(name))(
    "%s at every call: old or new, and nothing else",
    async (fault) => {
      const [before, after] = [contents(folder("old")), contents(folder("new"))];
      expect(before).not.toEqual(after);
      expect(calls).toBeGreaterThan(8);
      let refused = 0;
      for (let at = 1; at <= calls; at++) {
        const place = folder("now");
        rmSync(place, { recursive: true, force: true });
        cpSync(folder("old"), place, { recursive: true });
        watch(at, fault);
        const error: unknown = await write(place, "new").then(
          () => undefined,
          (reason: unknown) => reason,
        );
        watch(0, fault);
        const now = contents(place);
        // The old file or the new one; of a folder all that is in it.
        expect([at, [before, after]]).toEqual([at, expect.arrayContaining([now])]);
        const beside = readdirSync(root).filter((other) => /\.(partial|whole|old)-/.test(other));
        expect([at, beside]).toEqual([at, []]);
        if (error === undefined) expect([at, now]).toEqual([at, after]);
        else {
          refused++;
          if (!(error instanceof CodebookError) || error instanceof CancelledError) throw error;
        }
      }
      if (fault === "short") expect(refused).toBe(0);
      else expect(refused).toBeGreaterThan(calls / 3);
      process.stdout.write(`  ${name}, ${fault}: ${calls} calls, ${refused} refused\n`);
    },
    120_000,
  );
});

/** Each takes the place of what the model is read from; what is read is the old one, or, after a kill behind the renaming, the new one. */
const replacers: Record<string, (folder: string, which: "old" | "new") => Promise<unknown>> = {
  "a folder in its own place": (folder, which) =>
    which === "old" ? copied(`original-1`, folder) : replaced(folder, `${folder}/`),
  "a file in its own place": (folder, which) =>
    which === "old"
      ? copied("original-1/model.safetensors", join(folder, "m.safetensors"))
      : replaced(join(folder, "m.safetensors"), join(folder, "m.safetensors")),
  "an archive in its own place": (folder, which) =>
    which === "old"
      ? copied("old.codebook", join(folder, "m.codebook"))
      : replaced(join(folder, "m.codebook"), join(folder, "m.codebook")),
};

const copied = async (from: string, to: string) => cpSync(join(root, from), to, { recursive: true });

/** Halves of the weights are zeroed, which done twice is done once; without provenance, which would tell how often. */
async function replaced(source: string, to: string): Promise<void> {
  const small = await compress(await open(source), magnitude({ sparsity: 0.5 }), { workers: 1 });
  await small.save(to, { replace: true, provenance: false });
}

/** npm test kills the writing of a folder, of one file and of a compressed model, a full run that of every form: what they share is theirs. */
const killed = Object.entries(
  sampleOf({ ...writers, ...replacers }, [
    "folder, compressed-tensors",
    "safetensors",
    "compressed model",
    "a file in its own place",
  ]),
);

test.each(killed)(
  "%s, killed at every call that changes the disk: old or new, and the next call ends it",
  async (name, write) => {
    const place = join(root, `${name.replace(/\W+/g, "-")}-killed`);
    const fresh = async (which?: "old") => {
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
      watch(0, "EIO");
      if (which) await write(place, which);
    };
    const own = () => Object.fromEntries(Object.entries(filesIn(place)).filter(([file]) => !/\/\.[^/]*$/.test(file)));
    await fresh("old");
    const before = own();
    await write(place, "new");
    const after = own();
    let at = 1;
    for (; ; at++) {
      await fresh("old");
      watch(at, "killed");
      const end = await untilKilled(() => write(place, "new"));
      watch(0, "EIO");
      if (end === "ended") break;
      forgetProcesses(root);
      if (existsSync(place)) expect([at, [before, after]]).toEqual([at, expect.arrayContaining([own()])]);
      else {
        // The one torn moment: opening the folder ends it.
        await open(place);
        expect([at, own()]).toEqual([at, after]);
      }
      await write(place, "new");
      expect([at, filesIn(place)]).toEqual([at, after]);
    }
    expect(at).toBeGreaterThan(4);
    expect(readdirSync(root).filter((other) => /\.(partial|whole|old)-|\.lock$/.test(other))).toEqual([]);
    process.stdout.write(`  ${name}: killed at ${at - 1} calls\n`);
  },
  240_000,
);

/** A network of TensorFlow.js. */
const saveNet = (folder: string, which: "old" | "new", options: SaveTfjsOptions = {}) => {
  const { plain } = made[which];
  const sha256 = () => plain.sha256();
  return saveTfjs({ tensors: plain.tensors, config: { modelTopology: { which } }, sha256 }, folder, options);
};

/** The model that a folder holds: its topology, and the weights that it names. */
const held = (folder: string): [string, string] => {
  const text = readFileSync(join(folder, "model.json"), "utf8");
  const { modelTopology, weightsManifest } = JSON.parse(text) as {
    modelTopology: { which: string };
    weightsManifest: { paths: string[] }[];
  };
  return [modelTopology.which, contents(folder)[weightsManifest[0].paths[0]]];
};

describe.each([false, true])("TensorFlow.js, resume: %s", (resume) => {
  const write = (folder: string, which: "old" | "new") => saveNet(folder, which, { resume });
  it.each(["ENOSPC", "EIO", "short"] as const)("%s at every call: the old model or the new one", async (fault) => {
    const at = (own: string) => join(root, `tfjs-${resume}-${fault}-${own}`);
    watch(0, fault);
    for (const which of ["old", "new"] as const) await write(at(which), which);
    let orphans = 0;
    for (let call = 1; ; call++) {
      rmSync(at("now"), { recursive: true, force: true });
      cpSync(at("old"), at("now"), { recursive: true });
      watch(call, fault);
      const error: unknown = await write(at("now"), "new").then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const calls = callsMade();
      watch(0, fault);
      if (error !== undefined && !(error instanceof WriteError)) throw error;
      const now = held(at("now"));
      expect([call, now]).toEqual([call, held(at(now[0]))]);
      if (error === undefined) expect(now[0]).toBe("new");
      const names = readdirSync(at("now"));
      if (!resume) {
        expect(names.filter((name) => !/^(model\.json|weights(-2)?\.bin)$/.test(name))).toEqual([]);
        orphans += names.length - 2;
      }
      await write(at("now"), "new");
      expect(readdirSync(at("now"))).toHaveLength(2);
      expect(held(at("now"))).toEqual(held(at("new")));
      if (calls < call) break;
    }
    // Where taking a file away is itself the call that fails, or the folder could not be forced to disk.
    expect(orphans).toBeLessThan(4);
  });
});

/** With `resume` what is written stays beside the file for the next call, which ends at the same bytes and with nothing else. */
const resumed: Record<string, (folder: string, which: "old" | "new") => Promise<unknown>> = {
  safetensors: (folder, which) =>
    saveSafetensors(made[which].plain, join(folder, "m.safetensors"), { dtype: "F16", resume: true }),
  GGUF: (folder, which) => saveGguf(made[which].plain, join(folder, "m.gguf"), { metadata, resume: true }),
  "GGUF, ggml's blocks": (folder, which) => made[which].blocks.save(join(folder, "m.gguf"), { resume: true }),
  "folder, compressed-tensors": (folder, which) => made[which].linear.save(`${folder}/`, { resume: true }),
  "folder, bitsandbytes": (folder, which) => made[which].nf4.save(`${folder}/`, { resume: true }),
  pack: (folder, which) =>
    pack(join(root, `${which}.source`), join(folder, "m.codebook"), { workers: 1, resume: true }),
  "compress() with a checkpoint": (folder, which) =>
    compress(made[which].plain, nf4(), { checkpoint: join(folder, which), workers: 1 }),
};

describe.each(Object.entries(resumed))("%s, taken up again", (name, write) => {
  it.each(faultsOf(name))(
    "%s at every call: the next call ends it, and its file is that of a save at one go",
    async (fault) => {
      const at = (own: string) => join(root, `${name.replace(/\W+/g, "-")}-resumed-${own}`);
      for (const own of ["old", "new", "now"]) rmSync(at(own), { recursive: true, force: true });
      mkdirSync(at("old"));
      watch(0, fault);
      await write(at("old"), "old");
      cpSync(at("old"), at("new"), { recursive: true });
      await write(at("new"), "new");
      const after = filesIn(at("new"));
      const plain = writers[name] as (typeof writers)[string] | undefined;
      if (plain) {
        rmSync(at("now"), { recursive: true, force: true });
        cpSync(at("old"), at("now"), { recursive: true });
        await plain(at("now"), "new");
        expect(filesIn(at("now"))).toEqual(after);
      }
      // Of a folder: the weights that had their name in the folder beside when a later file failed are not written again.
      const weights = "/model.safetensors";
      const begun = (): string | undefined => {
        const start = `${name.replace(/\W+/g, "-")}-resumed-now.partial-`;
        const folder = readdirSync(root).find((other) => other.startsWith(start));
        const file = folder && join(root, folder + weights);
        return file && existsSync(file) ? file : undefined;
      };
      let kept = 0;
      for (let call = 1; ; call++) {
        rmSync(at("now"), { recursive: true, force: true });
        cpSync(at("old"), at("now"), { recursive: true });
        watch(call, fault);
        const error: unknown = await write(at("now"), "new").then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const calls = callsMade();
        watch(0, fault);
        if (error !== undefined && (!(error instanceof CodebookError) || error instanceof CancelledError)) throw error;
        if (fault === "short") expect(error).toBeUndefined();
        const named = begun();
        const file = named && statSync(named).ino;
        await write(at("now"), "new");
        expect([call, filesIn(at("now"))]).toEqual([call, after]);
        if (file !== undefined) expect([call, statSync(at("now") + weights).ino]).toEqual([call, file]);
        if (file !== undefined) kept++;
        if (calls < call) break;
      }
      if (weights in after && fault !== "short") expect(kept).toBeGreaterThan(5);
    },
    120_000,
  );
});

/** Of a folder and those in it. */
function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path.slice(folder.length), createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );
}

test("killed at any moment: a whole file, old or new; the next write takes the leftovers away", async () => {
  const folder = join(root, "killed");
  mkdirSync(folder);
  const file = join(folder, "m.safetensors");
  const script = `
    const { fromArrays, saveSafetensors } = require(${JSON.stringify(join(__dirname, "../../kernel"))});
    const model = (value) => fromArrays({ w: { shape: [512, 1024], values: new Float32Array(524288).fill(value) } });
    (async () => {
      console.log("ready");
      for (let i = 0; ; i++) await saveSafetensors(model(i % 2), ${JSON.stringify(file)});
    })();`;
  const whole = 8 + 4 * 524_288;
  let leftovers = 0;
  let dead = 0;
  // A moment of each kind is met by the faults above; npm test kills four times, a full run twelve.
  const rounds = isFull ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] : [0, 3, 6, 10];
  for (const round of rounds) {
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 5 + 23 * round));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    dead = child.pid ?? 0;
    leftovers += readdirSync(folder).filter((name) => name.endsWith(".tmp")).length;
    if (!existsSync(file)) continue;
    const model = await open(file);
    const values = await model.tensor("w").read();
    expect(readFileSync(file).length).toBeGreaterThan(whole);
    expect(values.every((value) => value === values[0])).toBe(true);
  }
  // One of a process that is gone, one of a process that lives, and one of another machine.
  const here = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  const left = (machine: string, pid: number) => `.m.safetensors.${machine}.${pid}.0123456789ab.tmp`;
  const kept = [left(here, process.pid), left("00000000", dead)];
  for (const name of [left(here, dead), ...kept]) writeFileSync(join(folder, name), "");
  await saveSafetensors(fromArrays({ w: { shape: [1], values: Float32Array.of(7) } }), file);
  expect(readdirSync(folder).sort()).toEqual([...kept, "m.safetensors"].sort());
  process.stdout.write(`  killed ${rounds.length} times: ${leftovers} temporary files were left, and taken away\n`);
}, 120_000);

test("TensorFlow.js, killed while it writes, renames and takes away: the old model or the new one, and no tensor on the disk twice", () => {
  const folder = join(root, "killed-net");
  const once = join(root, "killed-net-once");
  const script = `
    const fs = require("node:fs/promises");
    const { writeSync } = require("node:fs");
    const { saveTfjs } = require(${JSON.stringify(join(__dirname, "../../kernel"))});
    const [folder, which, resume, call, end] = process.argv.slice(1);
    const die = () => process.kill(process.pid, "SIGKILL");
    for (const name of ["rename", "unlink"]) {
      const own = fs[name];
      fs[name] = (...words) => (name === call && words.at(-1).endsWith(end) ? die() : own(...words));
    }
    const tensors = Array.from({ length: 20 }, (_, i) => ({
      name: "w" + i, shape: [2 ** 19], dtype: "F32", sizeBytes: 2 ** 21,
      read: async () => {
        writeSync(1, i + "\\n");
        if (call === "read" && i == end) die();
        return new Float32Array(2 ** 19).fill(which === "old" ? -1 : i);
      },
    }));
    saveTfjs({ tensors, config: { modelTopology: { which } }, sha256: async () => which }, folder, { resume: resume === "yes" });`;
  const run = (to: string, ...words: string[]) => {
    const { stdout, signal } = spawnSync(process.execPath, ["-e", script, to, ...words], { encoding: "utf8" });
    return { made: stdout.trim().split("\n").filter(Boolean).map(Number), isKilled: signal === "SIGKILL" };
  };
  run(folder, "old", "no");
  run(once, "new", "no");
  const old = held(folder);
  const from = (first: number, last = 19) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const kill = (call: string, end: string) => run(folder, "new", "yes", call, end);
  // Eight tensors are 16 MB.
  expect(kill("read", "9")).toEqual({ made: from(0, 9), isKilled: true });
  expect(kill("read", "17")).toEqual({ made: from(8, 17), isKilled: true });
  expect(kill("rename", "weights-2.bin")).toEqual({ made: from(16), isKilled: true });
  for (let i = 0; i < 2; i++) expect(kill("rename", "model.json")).toEqual({ made: [], isKilled: true });
  expect(held(folder)).toEqual(old);
  expect(kill("unlink", ".done")).toEqual({ made: [], isKilled: true });
  expect(held(folder)).toEqual(["new", held(once)[1]]);
  // That one was whole but for what lay about; a save of the same begins anew, and takes it away.
  expect(run(folder, "new", "yes").isKilled).toBe(false);
  expect(held(folder)).toEqual(["new", held(once)[1]]);
  expect(readdirSync(folder)).toHaveLength(2);
}, 60_000);
