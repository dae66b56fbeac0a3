// The notes of a release: the CHANGELOG's section of its version, what the last full run said, what the bench printed.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text; an `Error` where the CHANGELOG has no section of the version. */
export function releaseNotes(root, version, bench) {
  const changes = sectionOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
  const board = readFileSync(join(root, "docs", "full-run.md"), "utf8").replace(/^# .*\n/, "");
  const table = bench === undefined ? "" : `\n## Bench\n\n\`\`\`text\n${bench.trim()}\n\`\`\`\n`;
  return `# Codebook ${version}\n\n${changes}\n\n## Reliability\n\n${board.trim()}\n${table}`;
}

/** The text below a version's heading. */
export function sectionOf(changelog, version) {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`## ${version} `) || line === `## ${version}`);
  if (start < 0) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  const end = lines.findIndex((line, i) => i > start && line.startsWith("## "));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .join("\n")
    .trim();
}
