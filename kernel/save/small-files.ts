import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically, type AtomicWriteOptions } from "../bytes/atomic-file";
import { attempt } from "../bytes/source";
import { quantizationFiles } from "../stored-codes/quantization-settings";

/** Copies what lies beside a model's weights and is not config.json: tokenizer, generation settings and the like. No weights, and nothing that says how the
 *  original stored them. Each file
 *  is the old one or the new one at every moment. Returns their names. */
export async function copySmallFiles(
  from: string,
  folder: string,
  options: AtomicWriteOptions = {},
): Promise<readonly string[]> {
  const names = (await attempt(from, () => readdir(from, { withFileTypes: true })))
    .filter((entry) => !entry.isDirectory() && /\.(json|txt|jinja|model)$/.test(entry.name))
    .map((entry) => entry.name)
    .filter((name) => name !== "config.json" && !name.endsWith(".index.json") && !quantizationFiles.includes(name));
  for (const name of names) {
    const bytes = await attempt(join(from, name), () => readFile(join(from, name)));
    await writeFileAtomically(join(folder, name), [bytes], options);
  }
  return names;
}
