import { basename, dirname, join } from "node:path";

/** A path's last part. */
export function fileName(path: string): string {
  return basename(path);
}

/** The path of the file `name` in the folder of `path`; undefined where `name`, which may come from a foreign file, is no plain name. */
export function beside(path: string, name: string): string | undefined {
  const isPlain = name !== "" && name !== "." && name !== ".." && !/[\0-\x1f/\\]/.test(name);
  return isPlain ? join(dirname(path), name) : undefined;
}
