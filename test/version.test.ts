import { readFileSync } from "node:fs";
import { join } from "node:path";
import { oldestNode, oldNode, packageVersion } from "../kernel/version";

const root = join(__dirname, "..", "..");
const textOf = (file: string) => readFileSync(join(root, file), "utf8");

test("the version is that of package.json", () => {
  expect(packageVersion).toBe((JSON.parse(textOf("package.json")) as { version: string }).version);
});

test("a Node older than package.json's engines is told by its version", () => {
  const { engines } = JSON.parse(textOf("package.json")) as { engines: { node: string } };
  expect(engines.node).toBe(`>=${oldestNode.join(".")}`);
  for (const version of ["20.19.0", "v20.19.4", "20.20.0", "22.0.0", "25.1.0"])
    expect(oldNode(version)).toBeUndefined();
  for (const version of ["20.18.3", "v18.20.4", "9.11.2"])
    expect(oldNode(version)).toBe(`Codebook needs Node 20.19 or newer; this is ${version}`);
});

test("nothing else states another version: the lock repeats it, the wheel reads it, the CHANGELOG is about it", () => {
  const lock = JSON.parse(textOf("package-lock.json")) as { version: string; packages: { "": { version: string } } };
  expect([lock.version, lock.packages[""].version]).toEqual([packageVersion, packageVersion]);
  expect(textOf("pyproject.toml")).toMatch(
    /dynamic = \["version"\][^]*\[tool\.hatch\.version\]\npath = "package\.json"/,
  );
  expect(textOf("CITATION.cff")).not.toMatch(/^version:/m);
  expect(textOf("CHANGELOG.md").split(/^## /m).slice(1, 3).join("\n")).toMatch(
    new RegExp(`^${packageVersion.replaceAll(".", "\\.")} — \\d{4}-\\d\\d-\\d\\d$`, "m"),
  );
});
