// npm run release: what is published of this version, in out/release: the wheel, the npm package, their parts (CycloneDX), notes from the
// CHANGELOG with the board of the last full run and the table of the bench, and the SHA-256 of each. Nothing is sent anywhere.
//   --without-bench   leaves the bench out, which takes half an hour on a quiet machine
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { makeNpmPackage } from "./package/npm.mjs";
import { partsOf } from "./package/parts.mjs";
import { releaseNotes } from "./package/notes.mjs";
import { makeWheel } from "./package/wheel.mjs";
import { fail, step } from "./setup/console.mjs";
import { root, setUp } from "./setup/index.mjs";
import { run } from "./setup/process.mjs";

async function release() {
  await setUp();
  const folder = join(root, "out", "release");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const file of [await makeWheel(), await makeNpmPackage()]) copyFileSync(file, join(folder, basename(file)));
  const parts = await partsOf(join(root, "out", "npm", "package"));
  writeFileSync(join(folder, `${name}-${version}.cdx.json`), `${JSON.stringify(parts, undefined, 2)}\n`);
  const bench = process.argv.includes("--without-bench") ? undefined : await measure();
  writeFileSync(join(folder, "NOTES.md"), releaseNotes(root, version, bench));
  const sums = readdirSync(folder)
    .sort()
    .map(
      (file) =>
        `${createHash("sha256")
          .update(readFileSync(join(folder, file)))
          .digest("hex")}  ${file}\n`,
    );
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
  console.log(sums.join(""));
}

async function measure() {
  let text = "";
  await step("bench", async () => {
    text = await run(process.execPath, [join(root, "test", "bench", "bench.mjs")], { cwd: root });
  });
  return text;
}

release().catch(fail);
