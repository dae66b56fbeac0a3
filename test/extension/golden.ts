import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const folder = join(__dirname, "..", "..", "..", "test", "golden", "extension");

/** Holds `value` against the committed JSON of that name. CODEBOOK_UPDATE_GOLDEN=1 writes it anew; otherwise a difference is kept
 *  beside it as NAME-changed.json. */
export function expectGolden(name: string, value: unknown): void {
  const file = join(folder, `${name}.json`);
  const text = JSON.stringify(value, null, 1) + "\n";
  if (process.env.CODEBOOK_UPDATE_GOLDEN) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(file)) throw new Error(`${file} is missing: CODEBOOK_UPDATE_GOLDEN=1 writes it`);
  const golden = readFileSync(file, "utf8");
  if (golden !== text) writeFileSync(join(folder, `${name}-changed.json`), text);
  expect(JSON.parse(text)).toEqual(JSON.parse(golden));
}
