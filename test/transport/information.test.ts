import { kernelInformation, UsageMeter } from "../../kernel/transport/information";

test("the kernel's information has what the protocol asks for", () => {
  const information = kernelInformation();
  expect(information).toMatchObject({
    status: "ok",
    protocol_version: "5.5",
    implementation: "codebook",
    language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
    debugger: false,
  });
  expect(information.implementation_version).toMatch(/^\d+\.\d+\.\d+/);
  expect(String(information.banner)).toContain(process.version);
});

describe("what the process takes", () => {
  test("is this process's, in the units of the front ends", () => {
    const usage = new UsageMeter().read();
    expect(usage.pid).toBe(process.pid);
    expect(usage.kernel_memory).toBeGreaterThan(10_000_000);
    const memory = usage.host_virtual_memory as { total: number; available: number; used: number; percent: number };
    expect(memory.used).toBe(memory.total - memory.available);
    expect(memory.percent).toBeCloseTo((100 * memory.used) / memory.total, 9);
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
    jest.restoreAllMocks();
  });
});
