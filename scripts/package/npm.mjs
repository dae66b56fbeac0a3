// The npm package: the tree of the wheel, and the extension, which `codebook install` puts beside the kernel.
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { step } from "../setup/console.mjs";
import { root } from "../setup/index.mjs";
import { run } from "../setup/process.mjs";
import { stage } from "./stage.mjs";

/** Makes the package; resolves to its path. */
export async function makeNpmPackage() {
  const folder = join(root, "out", "npm");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tree = join(folder, "package");
  await step("the package's tree", () => stage(root, tree).then(() => undefined));
  cpSync(join(root, "lib", "labextension"), join(tree, "lib", "labextension"), { recursive: true });
  cpSync(join(root, "install.json"), join(tree, "install.json"));
  await step("npm package", () =>
    run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder, tree], { cwd: folder }).then(() => undefined),
  );
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz")),
  );
}
