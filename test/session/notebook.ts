/** A session in an empty folder elsewhere on the disk, with everything that its cells put out. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { createLanguage } from "../../kernel/session/language/cell-language";
import type { CellOutput, CellResult, Language, MimeBundle } from "../../kernel/session/language/types";

export interface Shown {
  bundle: MimeBundle;
  displayId?: string;
  update?: boolean;
}

/** What one cell put out. */
export class Recorder implements CellOutput {
  stdout = "";
  stderr = "";
  readonly shown: Shown[] = [];
  readonly cleared: boolean[] = [];
  readonly asked: [string, boolean][] = [];
  readonly signal = new AbortController().signal;
  readonly comm = {
    open: () => {
      throw new Error("no comms in this test");
    },
    registerTarget: () => undefined,
  };

  stream(name: "stdout" | "stderr", text: string): void {
    this[name] += text;
  }
  display(bundle: MimeBundle, options?: { displayId?: string; update?: boolean }): void {
    this.shown.push({ bundle, ...options });
  }
  clear(wait: boolean): void {
    this.cleared.push(wait);
  }
  input(prompt: string, password: boolean): string {
    this.asked.push([prompt, password]);
    return `answer to ${prompt}`;
  }
}

export interface Ran extends Recorder {
  result: CellResult;
  /** text/plain of the result. */
  text: string | undefined;
  /** "ename: evalue", and the whole traceback without colours. */
  error: string | undefined;
  traceback: string;
}

export class Notebook {
  private count = 0;
  private constructor(
    readonly folder: string,
    readonly language: Language,
  ) {}

  /** A session in `folder`, or in a new one. */
  static async open(folder = realpathSync(mkdtempSync(path.join(tmpdir(), "cells-")))): Promise<Notebook> {
    return new Notebook(folder, await createLanguage({ cwd: folder }));
  }

  async run(code: string): Promise<Ran> {
    const recorder = new Recorder();
    const cell = { executionCount: ++this.count, silent: false, output: recorder };
    const result = await this.language.execute(code, cell);
    const failed = result.status === "error" ? result : undefined;
    return Object.assign(recorder, {
      result,
      text: result.status === "ok" ? (result.result?.data["text/plain"] as string | undefined) : undefined,
      error: failed && `${failed.ename}: ${failed.evalue}`,
      traceback: stripVTControlCharacters(failed?.traceback.join("\n") ?? ""),
    });
  }

  /** The text of a cell's value; throws when the cell fails. */
  async value(code: string): Promise<string | undefined> {
    const ran = await this.run(code);
    if (ran.error !== undefined) throw new Error(`${code}\n${ran.traceback}`);
    return ran.text;
  }

  async runInterrupted(code: string, milliseconds = 50): Promise<Ran> {
    const running = this.run(code);
    const reason = Object.assign(new Error("Execution interrupted"), { name: "KeyboardInterrupt" });
    setTimeout(() => this.language.interrupt(reason), milliseconds);
    return running;
  }

  write(file: string, text: string): void {
    const target = path.join(this.folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  /** The number of the last cell. */
  get last(): number {
    return this.count;
  }

  close(): void {
    this.language.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
