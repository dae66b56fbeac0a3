import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { getHeapStatistics } from "node:v8";
import { isJsonObject } from "../protocol/message";

/** A process that runs out of memory ends in the midst of its work, and can only be explained by the next one. Node writes a report then, whose
 *  name says which cell ran: beside the connection file, which a restarted kernel gets again. */

/** The most characters of a cell's first line in a file's name. */
const LINE_CHARACTERS = 40;

const prefix = (connectionFile: string): string => `${path.basename(connectionFile, ".json")}.out-of-memory.`;

/** Has Node write a report when memory runs out. Returns what notes the cell that runs: no file is written unless that happens. */
export function watchMemory(connectionFile: string): (executionCount: number, code: string) => void {
  const { report } = process;
  report.directory = path.dirname(path.resolve(connectionFile));
  report.reportOnFatalError = true;
  report.reportOnUncaughtException = false;
  report.reportOnSignal = false;
  const name = (words: string): string => `${prefix(connectionFile)}${words}`;
  report.filename = name("0.");
  return (executionCount, code) => {
    const [line] = code.trim().split("\n", 1);
    report.filename = name(`${executionCount}.${Buffer.from(line.slice(0, LINE_CHARACTERS)).toString("base64url")}`);
  };
}

/** Why the process before this one ended, where it was for lack of memory: a sentence for the notebook. Removes the reports. */
export function explainLastEnd(connectionFile: string): string | undefined {
  const folder = path.dirname(path.resolve(connectionFile));
  const reports = readdirSync(folder).filter((file) => file.startsWith(prefix(connectionFile)));
  const sentences = reports.map((file) => {
    const [count, line = ""] = file.slice(prefix(connectionFile).length).split(".");
    const sentence = explain(
      Number(count),
      Buffer.from(line, "base64url").toString(),
      heapLimit(path.join(folder, file)),
    );
    rmSync(path.join(folder, file), { force: true });
    return sentence;
  });
  return sentences.at(-1);
}

function explain(count: number, line: string, limitBytes: number): string {
  const cell = count > 0 ? `while Cell [${count}] ran, which begins with \`${line}\`` : "before a cell ran";
  const limit = `${Math.round(limitBytes / 2 ** 20).toLocaleString("en")} MB`;
  return (
    `The kernel ran out of memory ${cell}: JavaScript's objects took all of their ${limit}. It was started again, and its variables are gone. ` +
    `Typed arrays do not count towards that limit; "--max-old-space-size=MEGABYTES" in the kernelspec's argv, before main.js, raises it.\n`
  );
}

/** The limit of the heap of the process that wrote the report; that of this one where the report is torn. */
function heapLimit(file: string): number {
  try {
    const report: unknown = JSON.parse(readFileSync(file, "utf8"));
    const heap = isJsonObject(report) ? report.javascriptHeap : undefined;
    if (isJsonObject(heap) && typeof heap.heapSizeLimit === "number") return heap.heapSizeLimit;
    if (isJsonObject(heap) && typeof heap.memoryLimit === "number") return heap.memoryLimit;
  } catch {
    // A report that could not be written whole still says by its name what happened.
  }
  return getHeapStatistics().heap_size_limit;
}
