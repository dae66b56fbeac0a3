/** llama.cpp's own library on files that we wrote, in a process of its own with a time limit. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { hasModules, llamaFolder, referencePython } from "../references";

const scripts = resolve(__dirname, "../../../test/llama-cpp");

/** What `itWith` asks for. */
export const llamaNeeds = [llamaFolder, hasModules("ctypes")] as const;

export interface LlamaJob {
  readonly file: string;
  readonly tokenize?: readonly string[];
  readonly logits?: readonly number[];
  /** The tokens of the encoder before those of the decoder. */
  readonly encoded?: readonly number[];
  /** The size of the context; 512 without. */
  readonly context?: number;
  readonly embeddings?: readonly number[];
  readonly pooled?: readonly number[];
  readonly generate?: string;
  readonly count?: number;
  readonly template?: true;
}

export interface LlamaAnswer {
  readonly file: string;
  readonly error?: string;
  readonly tokens: readonly (readonly number[])[];
  readonly logits: readonly (readonly number[])[];
  readonly embeddings: readonly (readonly number[])[];
  readonly pooled: readonly number[];
  readonly text: string;
  readonly template: string | null;
}

function python(script: string, ...words: readonly string[]): string {
  const run = spawnSync(referencePython, [join(scripts, script), llamaFolder, ...words], {
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) throw new Error(`${script}: ${run.error?.message ?? ""}${run.signal ?? ""} ${run.stderr}`);
  return run.stdout;
}

export function askLlama(jobs: readonly LlamaJob[]): LlamaAnswer[] {
  const folder = mkdtempSync(join(tmpdir(), "codebook-llama-"));
  try {
    const list = join(folder, "jobs.json");
    writeFileSync(list, JSON.stringify(jobs));
    return python("answer.py", list)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as LlamaAnswer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `importance`: the tensors of that column count, column c of which weighs 1 + c mod 7. */
export function quantizeByLlama(
  source: string,
  out: string,
  fileType: number,
  importance: Readonly<Record<string, number>> = {},
): void {
  const words = Object.entries(importance).map(([name, columns]) => `${name}=${columns}`);
  python("quantize.py", source, out, String(fileType), ...words);
}

export const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));
