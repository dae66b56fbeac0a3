import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { installKernelspec, kernelspec, removeKernelspec } from "../../kernel/cli/kernelspec";

const logos = resolve(__dirname, "../../../kernel/kernelspec");
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kernelspec-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("kernel.json starts that Node on that file, is interrupted by message, and knows encryption", () => {
  expect(kernelspec({ node: "/node", main: "/main.js" })).toMatchObject({
    argv: ["/node", "--no-force-async-hooks-checks", "/main.js", "{connection_file}"],
    language: "typescript",
    interrupt_mode: "message",
    metadata: { debugger: false, supported_encryption: ["curve"] },
  });
});

test("a kernelspec is written whole, replaces an older one, and is removed", () => {
  const target = join(folder, "kernels", "codebook");
  installKernelspec(target, { node: "/old", main: "/main.js", logos });
  writeFileSync(join(target, "stale"), "");
  installKernelspec(target, { node: "/new", main: "/main.js", logos });
  expect(readdirSync(target).sort()).toEqual(["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]);
  expect(JSON.parse(readFileSync(join(target, "kernel.json"), "utf8"))).toMatchObject({
    argv: ["/new", expect.anything(), "/main.js", "{connection_file}"],
  });
  removeKernelspec(target);
  expect(existsSync(target)).toBe(false);
});

test("where logos are missing the older one stays, and nothing is left beside it", () => {
  const target = join(folder, "codebook");
  installKernelspec(target, { node: "/old", main: "/main.js", logos });
  expect(() => installKernelspec(target, { node: "/new", main: "/main.js", logos: join(folder, "none") })).toThrow(
    "ENOENT",
  );
  expect(readdirSync(folder)).toEqual(["codebook"]);
  expect(readFileSync(join(target, "kernel.json"), "utf8")).toContain("/old");
});
