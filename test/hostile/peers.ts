/** Readers that were written elsewhere, for comparison: what they make of the files of a folder. */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Model } from "../../kernel";

export interface Verdict {
  readonly file: string;
  readonly answer: "accepted" | "refused" | "hung" | "died";
  /** Of what was read: for each tensor by name its name, shape and bytes. */
  readonly digest?: string;
}

/** `kind` and, for llama.cpp, its library, as fixtures/formats/judge.py takes them. */
export async function judgeInPython(python: string, folder: string, ...kind: string[]): Promise<Verdict[]> {
  const script = join(__dirname, "../../../test/fixtures/formats/judge.py");
  const { stdout } = await promisify(execFile)(python, [script, ...kind, folder], {
    timeout: 600_000,
    maxBuffer: 1 << 28,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [file, answer, digest] = line.split(" ");
      return { file, answer, ...(digest && { digest }) } as Verdict;
    });
}

/** @huggingface/gguf, in a process that starts anew behind a file at which it hung (5 s) or died. */
export async function judgeByHuggingFace(folder: string): Promise<Verdict[]> {
  const files = readdirSync(folder).sort();
  const verdicts: Verdict[] = [];
  while (verdicts.length < files.length) {
    const rest = files.slice(verdicts.length).map((file) => join(folder, file));
    const child = spawn(process.execPath, ["--max-old-space-size=1024", "-e", program, ...rest], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let pending = "";
    let timer: NodeJS.Timeout | undefined;
    let hung = false;
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hung = true;
        child.kill("SIGKILL");
      }, 5000);
    };
    watch();
    for await (const piece of child.stdout) {
      pending += String(piece);
      watch();
    }
    clearTimeout(timer);
    for (const answer of pending.split("\n").slice(0, -1))
      verdicts.push({ file: files[verdicts.length], answer: answer as Verdict["answer"] });
    if (verdicts.length < files.length) verdicts.push({ file: files[verdicts.length], answer: hung ? "hung" : "died" });
  }
  return verdicts;
}

const program = `
const { gguf } = require(${JSON.stringify(require.resolve("@huggingface/gguf"))});
(async () => {
  for (const path of process.argv.slice(1)) {
    const answer = await gguf(path, { allowLocalFile: true }).then(() => "accepted", () => "refused");
    process.stdout.write(answer + "\\n");
  }
  process.exit(0);
})();
`;

/** The digest of a model that was opened here, as judge.py takes it; `shapes` unless the peer gives none. */
export async function digestOf(model: Model, shapes: boolean): Promise<string> {
  const hash = createHash("sha256");
  const inOrder = [...model.tensors].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  for (const tensor of inOrder) {
    hash.update(`${tensor.name}\n${shapes ? tensor.shape.join(" ") : ""}\n`);
    hash.update(await tensor.readBytes());
  }
  return hash.digest("hex");
}
