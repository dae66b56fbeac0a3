import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  findPackage,
  givenPackages,
  importablePackages,
  holdsGivenPackages,
  kernelRoot,
  ownFile,
  realPath,
  typedMajor,
} from "../../../kernel/session/language/packages";

describe("findPackage", () => {
  let folder: string;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "packages-")));
    for (const [path, name] of [
      ["", "outer"],
      ["", "both"],
      ["inner", "both"],
    ]) {
      const home = join(folder, path, "node_modules", name);
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, "package.json"), "{}");
    }
    mkdirSync(join(folder, "inner", "node_modules", "outer"), { recursive: true }); // without a package.json
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("looks upwards, and takes the nearest", () => {
    const inner = join(folder, "inner");
    expect(findPackage("both", inner)).toBe(join(inner, "node_modules", "both"));
    expect(findPackage("outer", inner)).toBe(join(folder, "node_modules", "outer"));
    expect(findPackage("neither", inner)).toBeUndefined();
  });
});

test("codebook and tfjs are given, from where this kernel lies", () => {
  expect(givenPackages().get("codebook")).toBe(kernelRoot);
  expect(givenPackages().get("@tensorflow/tfjs")).toBe(join(kernelRoot, "node_modules", "@tensorflow", "tfjs"));
});

test("the parts of tfjs are given too, those that are installed", () => {
  const parts = ["core", "layers", "converter", "data", "backend-cpu", "backend-webgl", "backend-wasm"];
  for (const name of parts.map((part) => `@tensorflow/tfjs-${part}`))
    expect(givenPackages().get(name)).toBe(findPackage(name, kernelRoot));
  expect(findPackage("@tensorflow/tfjs-core", kernelRoot)).toBeDefined();
  for (const folder of givenPackages().values()) expect(existsSync(join(folder, "package.json"))).toBe(true);
});

test("the types of Node that are given fit the Node that runs", () => {
  const major = Number.parseInt(process.versions.node, 10);
  const types = givenPackages().get("@types/node") ?? "";
  const { name, version } = JSON.parse(readFileSync(join(types, "package.json"), "utf8")) as Record<string, string>;
  expect([name, Number.parseInt(version, 10)]).toEqual(["@types/node", typedMajor(`${major}.0.0`)]);
  expect([18, 20, 21, 22, 23, 24, 26].map((of) => typedMajor(`${of}.1.0`))).toEqual([20, 20, 20, 22, 22, 24, 24]);
  expect(importablePackages()).not.toContain("@types/node");
  expect(importablePackages()).toEqual(expect.arrayContaining(["codebook", "@tensorflow/tfjs"]));
});

test("our own package's files are those that its package.json states, else the paths themselves", () => {
  expect(ownFile(".")).toBe("./lib/kernel/index.js");
  expect(ownFile("./methods")).toBe("./lib/kernel/methods.js");
  expect(ownFile("./package.json")).toBe("./package.json");
  for (const path of ["./lib/kernel/host", "toString"]) expect(ownFile(path)).toBe(path);
});

describe("paths that appear in the outermost node_modules", () => {
  test("lead to the given packages", () => {
    expect(realPath("/node_modules/codebook/lib/kernel/index.d.ts")).toBe(`${kernelRoot}/lib/kernel/index.d.ts`);
    expect(realPath("/node_modules/codebook")).toBe(kernelRoot);
    expect(realPath("C:/node_modules/codebook/a/b.ts")).toBe(`${kernelRoot}/a/b.ts`);
    expect(realPath("/node_modules/@tensorflow/tfjs/package.json")).toBe(
      `${kernelRoot}/node_modules/@tensorflow/tfjs/package.json`,
    );
  });

  test.each([
    "/node_modules/other/index.d.ts",
    "/home/a/node_modules/codebook/x",
    "/node_modules",
    "/node_modules/codebook2/x",
    "relative",
  ])("%s is itself", (path) => {
    expect(realPath(path)).toBe(path);
  });

  test("are folders that hold something, where a given package is in them", () => {
    for (const folder of ["/node_modules", "/node_modules/", "/node_modules/@tensorflow", "C:/node_modules"])
      expect(holdsGivenPackages(folder)).toBe(true);
    for (const folder of ["/node_modules/@other", "/home/node_modules", "/node_modules/codebook"])
      expect(holdsGivenPackages(folder)).toBe(false);
  });
});
