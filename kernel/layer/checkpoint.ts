/** A folder in which `compress()` keeps each layer the moment that it is done:
 *
 *    plan.json            what is compressed, how, and by which version: a folder belongs to one study
 *    00012-….layer        the outcome of layer 12 by certain steps (checkpoint-file.ts), written atomically
 *    model.codebook       once all is done: the report and what no step touched (save/codebook.ts), by which `open` opens the folder as a model
 *
 *  A file that is there is a layer that need not be made again. Two processes that do the same study write the same bytes, so they do not
 *  disturb each other. */
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { temporaryPath, writeFileAtomically } from "../bytes/atomic-file";
import { attempt } from "../bytes/source";
import { bytesOfParts, type SpilledArray } from "../bytes/spill-file";
import { FormatError, OptionError, WriteError } from "../errors";
import { packageVersion } from "../version";
import type { Step } from "../tensor/step";
import type { Tensor } from "../tensor/tensor";
import type { LayerFile } from "./stored-location";

/** All that decides the bytes of the outcomes, as JSON that an error can quote. */
export interface Study {
  readonly model: { readonly name: string; readonly sha256: string };
  readonly recipe: unknown;
  readonly seed: number;
  /** The layers that the recipe touches, with the steps of each, what its tensor is (see `readingOf`), and a hash of which parts are taken out of
   *  it. */
  readonly layers: readonly {
    readonly name: string;
    readonly reading: unknown;
    readonly savedName: string;
    readonly steps: readonly Step[];
    readonly cut?: string;
  }[];
}

/** All that the outcome of a layer depends on beside the bytes of the file and the steps: the same file may be opened in parts or raw, and the
 *  settings beside it say how its codes are decoded and which way its weights lie. */
export function readingOf({ dtype, shape, axes, scheme, stored, madeOf }: Tensor): unknown {
  return { dtype, shape, axes, scheme, stored: stored?.map(({ name }) => name), madeOf };
}

/** What says which study a folder belongs to. */
export const planName = "plan.json";
/** What makes a folder a model, when the study is done. */
export const finishedName = "model.codebook";
/** Names of layers' files. */
export const layerName = /^\d{5,}-[0-9a-f]{16}\.layer$/;

/** The folder of one study. */
export class Checkpoint {
  private readonly used = new Set<string>();

  private constructor(
    readonly folder: string,
    /** SHA-256 of the plan, hex. */
    private readonly hash: string,
  ) {}

  /** Makes the folder, or takes up one that holds the same study. `OptionError` when it holds another or is no such folder, `WriteError`
   *  when it cannot be written. */
  static async open(folder: string, study: Study, signal: AbortSignal): Promise<Checkpoint> {
    const text = `${JSON.stringify({ codebook: packageVersion, ...study }, undefined, 1)}\n`;
    const path = join(folder, planName);
    await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
      throw new WriteError(
        folder,
        `the folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    });
    const found = await attempt(path, () =>
      readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    );
    if (found === undefined) {
      const names = await attempt(folder, () => readdir(folder));
      if (names.some((name) => !/^\.|\.tmp$/.test(name)))
        throw new OptionError(
          `compress(): ${folder} holds other files and no ${planName}; a checkpoint has a folder of its own`,
        );
      await writeFileAtomically(path, [Buffer.from(text)], { signal });
    } else if (found !== text) throw another(folder, path, found, text);
    return new Checkpoint(folder, createHash("sha256").update(text).digest("hex"));
  }

  /** The file of the outcome of layer `at` by these steps, whether it is there or not. */
  layer(at: number, steps: readonly Step[]): LayerFile {
    const key = `${this.hash} ${at} ${JSON.stringify(steps)}`;
    const name = `${String(at).padStart(5, "0")}-${createHash("sha256").update(key).digest("hex").slice(0, 16)}.layer`;
    return { file: join(this.folder, name), key };
  }

  /** True when the layer's file is there. */
  has({ file }: LayerFile): Promise<boolean> {
    return access(file).then(
      () => true,
      () => false,
    );
  }

  /** Writes a layer's file atomically. `WriteError` when it cannot be written. */
  async write({ file }: LayerFile, parts: readonly (Uint8Array | SpilledArray)[], signal: AbortSignal): Promise<void> {
    await writeFileAtomically(file, bytesOfParts(parts), { signal });
  }

  /** Runs `work` with the path of a file beside a layer's, which may be made there and is gone afterwards. */
  async beside<Result>({ file }: LayerFile, work: (path: string) => Promise<Result>): Promise<Result> {
    const path = temporaryPath(file);
    try {
      return await work(path);
    } finally {
      await unlink(path).catch(() => undefined);
    }
  }

  /** Says that this file belongs to the result. */
  use({ file }: LayerFile): void {
    this.used.add(file);
  }

  /** Removes the files that belong to no result: tries of a search for a target of bits. */
  async tidy(): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => []))
      if (layerName.test(name) && !this.used.has(join(this.folder, name)))
        await unlink(join(this.folder, name)).catch(() => undefined);
  }
}

function another(folder: string, path: string, found: string, wanted: string): Error {
  let old: Record<string, unknown>;
  try {
    old = JSON.parse(found) as typeof old;
  } catch (cause) {
    return new FormatError(path, 0, "this is no JSON", "the plan of a checkpoint", { cause });
  }
  const now = JSON.parse(wanted) as typeof old;
  const differs = Object.keys(now).find((part) => JSON.stringify(old[part]) !== JSON.stringify(now[part])) ?? "form";
  const show = (value: unknown): string => {
    const text = JSON.stringify(value) ?? "missing";
    return text.length > 160 ? `${text.slice(0, 160)}…` : text;
  };
  const what = differs === "codebook" ? "version of Codebook" : differs;
  return new OptionError(
    `compress(): the checkpoint ${folder} holds another study: its ${what} is ${show(old[differs])}, this one's ${show(now[differs])}; name another folder, or delete that one`,
  );
}
