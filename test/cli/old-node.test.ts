import { spawnSync } from "node:child_process";
import path from "node:path";
import * as started from "../../kernel/cli/old-node";
import { oldNode } from "../../kernel/version";

/** Loads a program of ours as a Node of that version would. */
function startOn(version: string, file: string) {
  const script = `
    Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });
    process.argv.push("--version");
    require(${JSON.stringify(path.resolve(__dirname, "../../kernel", file))});`;
  return spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
}

test.each(["cli.js", "main.js"])("on a Node that is too old %s says so in one sentence and loads no more", (file) => {
  const { status, stdout, stderr } = startOn("18.20.4", file);
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr: `codebook: Codebook needs Node 20.19 or newer; this is 18.20.4 (${process.execPath})\n`,
  });
});

test("on this Node, which is not too old, it lets the program go on", () => {
  const { status, stdout } = startOn(process.versions.node, "cli/old-node.js");
  expect([status, stdout]).toEqual([0, ""]);
  expect(Object.keys(started)).toEqual([]);
  expect(oldNode(process.versions.node)).toBeUndefined();
});
