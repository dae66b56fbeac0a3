// A stamp tells that a step was finished for just these inputs. It is written last, so a step that was cut off runs again.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** SHA-256 over the names and contents of files and folders (recursively, in order), and over any further texts. */
export function digest(root, paths, ...texts) {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (lstatSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort())
        if (name !== "node_modules" && name !== "__pycache__") add(join(path, name));
    } else {
      hash.update(`${path}\0`).update(readFileSync(full));
    }
  };
  paths.forEach(add);
  texts.forEach((text) => hash.update(`\0${text}`));
  return hash.digest("hex");
}

export function isStamped(file, value) {
  return existsSync(file) && readFileSync(file, "utf8") === value;
}

export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, value);
  renameSync(`${file}.new`, file);
}
