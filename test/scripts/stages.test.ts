/** How npm test runs its suites: stages in order, lanes side by side, no lines mixed, all counted. Real processes stand in for the suites. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(__dirname, "..", "..", "..");
const urlOf = (name: string) => JSON.stringify(pathToFileURL(join(root, "scripts", "test", `${name}.mjs`)).href);

/** What a run over suites prints. Each suite is a process that writes its name and a number three times; `failing` ends with 1. The first two
 *  wait for each other, so that they come to an end only side by side. */
function runOver(order: string[][][], chosen: string[], failing = ""): { lines: string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), "codebook-stages-"));
  const script = `
    import { runStages } from ${urlOf("stages")};
    import { program } from ${urlOf("run")};
    import { finish } from ${urlOf("results")};
    const say = (name) => \`
      const { existsSync, writeFileSync } = require("node:fs");
      const met = (one) => ${JSON.stringify(folder)} + "/" + one;
      writeFileSync(met("\${name}"), "");
      const other = { a: "b", b: "a" }["\${name}"];
      const write = (i) => process.stdout.write("\${name}" + i + "\\\\n");
      (async () => {
        for (let i = 1; i <= 3; i++) {
          while (other && !existsSync(met(other))) await new Promise((resolve) => setTimeout(resolve, 5));
          write(i);
        }
        process.exitCode = "\${name}" === ${JSON.stringify(failing)} ? 1 : 0;
      })();\`;
    const suites = Object.fromEntries(["a", "b", "c"].map((name) => [name, (context) =>
      program(name, process.execPath, ["-e", say(name)], context)]));
    await runStages(${JSON.stringify(order)}, suites, ${JSON.stringify(chosen)}, process.env);
    process.exitCode = finish(${JSON.stringify(folder)}, 12.34);`;
  try {
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect(run.stderr).toBe("");
    const { suites, whole } = JSON.parse(readFileSync(join(folder, "times.json"), "utf8")) as {
      suites: Record<string, number>;
      whole: number;
    };
    expect([Object.keys(suites).sort(), whole]).toEqual([[...chosen].sort(), 12.34]);
    return {
      lines: run.stdout.split("\n").filter((line) => /^[a-c]\d$|^[✓✗]|, \d+ failed$/.test(line)),
      status: run.status,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("lanes run side by side, each suite's lines stay together, and a later stage waits", () => {
  const { lines, status } = runOver([[["a"], ["b"]], [["c"]]], ["a", "b", "c"]);
  const own = (name: string) => lines.filter((line) => line.startsWith(name));
  for (const name of ["a", "b", "c"]) {
    const from = lines.indexOf(`${name}1`);
    expect(lines.slice(from, from + 4)).toEqual([...own(name), `✓ ${name}: 1 passed, 0 failed`]);
  }
  expect(lines.indexOf("c1")).toBe(8);
  expect([lines.at(-1), status]).toEqual(["3 passed, 0 failed", 0]);
});

test("only what is chosen runs; one that fails is counted, and the others run", () => {
  const { lines, status } = runOver([[["c"]], [["a"], ["b"]]], ["c", "a", "b"], "b");
  expect(lines).toContain("✗ b: 0 passed, 1 failed");
  expect(lines).toContain("✓ a: 1 passed, 0 failed");
  expect([lines.at(-1), status]).toEqual(["2 passed, 1 failed", 1]);
  expect(runOver([[["a"], ["c"]]], ["c"]).lines).toEqual([
    "c1",
    "c2",
    "c3",
    "✓ c: 1 passed, 0 failed",
    "1 passed, 0 failed",
  ]);
});
