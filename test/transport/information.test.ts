import os from "node:os";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelInformation, UsageMeter } from "../../kernel/transport/information";

const versionOf = (file: string) =>
  (JSON.parse(readFileSync(join(__dirname, "../../..", file), "utf8")) as { version: string }).version;

test("the kernel's information has what the protocol asks for", () => {
  const version = versionOf("package.json");
  const typescript = versionOf("node_modules/typescript/package.json");
  expect(kernelInformation()).toEqual({
    status: "ok",
    protocol_version: "5.5",
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
    banner: `Codebook ${version}: TypeScript ${typescript} on Node.js ${process.version}, for compression studies of neural networks`,
    debugger: false,
    help_links: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/intro.html" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest/api/" },
    ],
    supported_features: ["kernel subshells"],
  });
});

describe("what the process takes", () => {
  afterEach(() => jest.restoreAllMocks());

  test("is this process's, in the units of the front ends", () => {
    jest.spyOn(os, "totalmem").mockReturnValue(8_000);
    jest.spyOn(os, "freemem").mockReturnValue(2_000);
    const usage = new UsageMeter().read();
    expect(usage).toMatchObject({ pid: process.pid, hostname: os.hostname(), cpu_count: os.cpus().length });
    expect(usage.kernel_memory).toBeGreaterThan(10_000_000);
    expect(usage.host_virtual_memory).toEqual({ total: 8_000, available: 2_000, used: 6_000, percent: 75 });
  });

  test("is set against what all processors did since the last question", () => {
    const cpus = jest.spyOn(os, "cpus");
    const processor = (user: number, nice: number, sys: number, idle: number, irq: number) =>
      ({ model: "", speed: 0, times: { user, nice, sys, idle, irq } }) satisfies os.CpuInfo;
    cpus.mockReturnValue([processor(1, 1, 1, 1, 1), processor(2, 2, 2, 2, 2)]);
    const meter = new UsageMeter();
    // 3 + 1 + 2 + 30 + 4 on the one and 60 idle on the other: 10 of 100 were busy.
    cpus.mockReturnValue([processor(4, 2, 3, 31, 5), processor(2, 2, 2, 62, 2)]);
    expect(meter.read()).toMatchObject({ cpu_count: 2, host_cpu_percent: expect.closeTo(10, 9) as number });
    expect(meter.read().host_cpu_percent).toBe(0);
    cpus.mockReturnValue([processor(14, 2, 3, 31, 5), processor(2, 2, 2, 62, 2)]);
    expect(meter.read().host_cpu_percent).toBe(100);
  });

  test("is a share of the time since the last question", () => {
    const now = jest.spyOn(performance, "now");
    const cpu = jest.spyOn(process, "cpuUsage");
    now.mockReturnValue(1_000);
    cpu.mockReturnValue({ user: 0, system: 0 });
    const meter = new UsageMeter();
    now.mockReturnValue(3_000);
    cpu.mockReturnValue({ user: 500_000, system: 100_000 });
    expect(meter.read().kernel_cpu).toBeCloseTo(30, 9); // 0.6 s of 2 s
    now.mockReturnValue(4_000);
    cpu.mockReturnValue({ user: 0, system: 0 });
    expect(meter.read().kernel_cpu).toBe(0);
    // A second question in the same instant is no division by zero: it counts as a millisecond.
    cpu.mockReturnValue({ user: 500, system: 0 });
    expect(meter.read().kernel_cpu).toBeCloseTo(50, 9);
  });
});
