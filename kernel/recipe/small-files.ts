import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { attempt } from "../bytes/source";
import { WriteError } from "../errors";

/** Copies what lies beside a model's weights and is not config.json: tokenizer, generation settings and the like. No weights. */
export async function copySmallFiles(from: string, folder: string): Promise<void> {
  const names = (await attempt(from, () => readdir(from, { withFileTypes: true })))
    .filter((entry) => !entry.isDirectory() && /\.(json|txt|jinja|model)$/.test(entry.name))
    .map((entry) => entry.name)
    .filter((name) => name !== "config.json" && !name.endsWith(".index.json"));
  for (const name of names) {
    try {
      await copyFile(join(from, name), join(folder, name));
    } catch (cause) {
      throw new WriteError(join(folder, name), "could not be copied from the original folder", { cause });
    }
  }
}
