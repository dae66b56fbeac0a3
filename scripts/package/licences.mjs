// The licences of the packages that are carried: their own texts, which their terms want beside every copy.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** One text of all licences, the packages in the order of their names; an `Error` for a package that states none. */
export function licencesOf(folders) {
  const parts = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (!license) throw new Error(`${name} ${version} states no licence`);
    const text = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim())
      .join("\n\n");
    const title = `${name} ${version} (${typeof license === "string" ? license : license.type})`;
    parts.set(title, text || "The package holds no text of it.");
  }
  const rule = "-".repeat(80);
  return [...parts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, text]) => `${rule}\n${title}\n${rule}\n\n${text}\n`)
    .join("\n");
}
