/** Whether a `.codebook` file is what was written, with the files of a checkpoint that it names. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { verify as verifyArchive, type ArchiveOptions, type ArchiveSummary } from "../archive/archive";
import { isModelFile, readModelFile } from "../archive/model-file";
import { throwIfStopped } from "../bytes/pause";
import { attempt, fileSource } from "../bytes/source";
import { FormatError, SourceError } from "../errors";
import type { JsonObject } from "../formats/json-file";
import { currentHost } from "../host";
import { finishedName, layerName } from "../layer/checkpoint";
import { decodeLayerFile } from "../layer/checkpoint-file";

/** A layer that lies in a file of its own, beside the model of a checkpoint. */
interface LayerBeside {
  readonly name: string;
  readonly file: string;
  readonly key: string;
}

/** Decodes all of an archive and holds it against its hashes: every block, every tensor, the file. `FormatError` at the first fault. Of a
 *  compressed model that `save("small.codebook")` wrote the contents and each tensor's piece are held against their hashes; the error names
 *  every tensor that is damaged, and the summary tells size and SHA-256 of the model that was compressed. Of a checkpoint of `compress()`,
 *  its folder or the `model.codebook` in it, the file of every layer is held against its SHA-256 too, and counts in the summary's bytes;
 *  `SourceError` for one that is missing. */
export async function verify(source: string, options: ArchiveOptions = {}): Promise<ArchiveSummary> {
  const path = await compressedFile(source);
  const summary = await verifyArchive(path, options);
  const layers = await layersBeside(path);
  if (layers.length === 0) return summary;
  const host = currentHost();
  const { signal = host.signal, onProgress = host.progress } = options;
  const damaged: string[] = [];
  let bytes = 0;
  for (const [at, { name, file, key }] of layers.entries()) {
    throwIfStopped(signal, "verifying");
    const layer = await fileSource(file);
    bytes += layer.byteLength;
    try {
      decodeLayerFile(file, new Uint8Array(await layer.read(0, layer.byteLength, signal)), key);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damaged.push(name);
    }
    onProgress?.({ task: "verifying", done: at + 1, total: layers.length, unit: "layers", item: name });
  }
  if (damaged.length > 0)
    throw new FormatError(
      path,
      0,
      `${damaged.length} of ${layers.length} layers beside it ${damaged.length === 1 ? "is" : "are"} damaged: ${damaged.join(", ")}`,
      "the bytes that were written",
    );
  const archiveBytes = summary.archiveBytes + bytes;
  const ratio = summary.originalBytes === 0 ? 1 : archiveBytes / summary.originalBytes;
  return { ...summary, archiveBytes, ratio };
}

/** The file that a path stands for: of the folder of a checkpoint the model in it. */
export async function compressedFile(path: string): Promise<string> {
  const isFolder = (await attempt(path, () => stat(path))).isDirectory();
  if (!isFolder) return path;
  const file = join(path, finishedName);
  await stat(file).catch((cause: unknown) => {
    throw new SourceError(path, `the folder holds no ${finishedName}, as a finished checkpoint does`, { cause });
  });
  return file;
}

/** The layers that a compressed model names in files beside it; none of an archive of a file. */
export async function layersBeside(path: string): Promise<LayerBeside[]> {
  const source = await fileSource(path);
  if (!(await isModelFile(source))) return [];
  const { contents } = await readModelFile(source);
  return (contents.tensors as readonly JsonObject[]).flatMap(({ name, file, key }) =>
    typeof name === "string" && typeof file === "string" && typeof key === "string" && layerName.test(file)
      ? [{ name, file: join(dirname(path), file), key }]
      : [],
  );
}
