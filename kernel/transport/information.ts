import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { untestedNode } from "../version";
import { PROTOCOL_VERSION, type JsonObject } from "../protocol/message";

const packageVersion = (file: string): string =>
  (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;

/** Content of `kernel_info_reply`. */
export function kernelInformation(): JsonObject {
  const version = packageVersion(path.join(__dirname, "../../../package.json"));
  const typescript = packageVersion(require.resolve("typescript/package.json"));
  const untested = untestedNode(process.versions.node);
  const note = untested === undefined ? "" : `\n${untested}`;
  return {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "codebook",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner: `Codebook ${version}: TypeScript ${typescript} on Node.js ${process.version}, for compression studies of neural networks${note}`,
    debugger: false,
    help_links: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/intro.html" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest/api/" },
    ],
    supported_features: ["kernel subshells"],
  };
}

/** Answers `usage_request`: what this process takes, as the resource monitors of the front ends read it. */
export class UsageMeter {
  #cpu = process.cpuUsage();
  #host = os.cpus();
  #time = performance.now();

  read(): JsonObject {
    const cpu = process.cpuUsage(this.#cpu);
    const elapsedMs = Math.max(performance.now() - this.#time, 1);
    const host = os.cpus();
    const busyPercent = hostPercent(this.#host, host);
    this.#cpu = process.cpuUsage();
    this.#host = host;
    this.#time = performance.now();
    const total = os.totalmem();
    const available = os.freemem();
    return {
      hostname: os.hostname(),
      pid: process.pid,
      kernel_cpu: (100 * (cpu.user + cpu.system)) / 1000 / elapsedMs,
      kernel_memory: process.memoryUsage.rss(),
      cpu_count: host.length,
      host_cpu_percent: busyPercent,
      host_virtual_memory: { total, available, used: total - available, percent: (100 * (total - available)) / total },
    };
  }
}

/** Share of the processors' time between two readings that was not idle, in percent. */
function hostPercent(before: os.CpuInfo[], after: os.CpuInfo[]): number {
  const sum = (cpus: os.CpuInfo[]): { idle: number; all: number } => {
    let idle = 0;
    let all = 0;
    for (const { times } of cpus) {
      idle += times.idle;
      all += times.user + times.nice + times.sys + times.idle + times.irq;
    }
    return { idle, all };
  };
  const first = sum(before);
  const last = sum(after);
  const all = last.all - first.all;
  return all > 0 ? 100 * (1 - (last.idle - first.idle) / all) : 0;
}
