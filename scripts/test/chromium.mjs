// The browser of the browser tests.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { SetupError, step } from "../setup/console.mjs";
import { run } from "../setup/process.mjs";

/** What is there, else Debian's package where that may be installed. */
export async function findChromium() {
  for (const name of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])
    if (existsSync(name)) return name;
  const found = spawnSync(
    "sh",
    ["-c", "command -v chromium || command -v chromium-browser || command -v google-chrome"],
    { encoding: "utf8" },
  ).stdout?.trim();
  if (found) return found;
  const apt = process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
  if (!apt)
    throw new SetupError(
      "The browser tests need Chromium, and none was found.",
      "Install it (on Debian and Ubuntu: sudo apt install chromium), or leave them out: npm test -- lint unit train protocol notebooks",
    );
  await step("Chromium", async () => {
    await run("apt-get", ["update", "-qq"]);
    await run("apt-get", ["install", "-y", "-qq", "chromium"], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  });
  return "/usr/bin/chromium";
}
