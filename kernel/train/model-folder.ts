import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { FormatError, SourceError } from "../errors";

const weightsFile = "weights.bin";

/** Where a tfjs model is kept on disk, on any backend: `await model.save(modelFolder("net"))`, `await tf.loadLayersModel(modelFolder("net"))`.
 *  The folder holds `model.json` (topology and the list of weights) and `weights.bin`, as tfjs's own `file://` writes them; each is written
 *  under another name, flushed and then renamed, weights first. Raises `SourceError` when a file cannot be read or written and
 *  `FormatError` when its content is not that of a tfjs layers model. */
export function modelFolder(folder: string): tf.io.IOHandler {
  return {
    async save(artifacts) {
      const manifest: tf.io.WeightsManifestConfig = [{ paths: [weightsFile], weights: artifacts.weightSpecs ?? [] }];
      const { modelTopology, format, generatedBy, convertedBy, trainingConfig, userDefinedMetadata } = artifacts;
      if (modelTopology instanceof ArrayBuffer) refuse(folder, "the topology is binary; a layers model has it as JSON");
      const json = {
        modelTopology,
        format,
        generatedBy,
        convertedBy,
        trainingConfig,
        userDefinedMetadata,
        weightsManifest: manifest,
      };
      const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
      await mkdir(folder, { recursive: true }).catch((cause: unknown) => refuse(folder, cause));
      await writeWhole(join(folder, weightsFile), data);
      await writeWhole(join(folder, "model.json"), Buffer.from(JSON.stringify(json)));
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
    async load() {
      const path = join(folder, "model.json");
      const text = await readFile(path, "utf8").catch((cause: unknown) => refuse(path, cause));
      const json = parseModelJson(path, text);
      return tf.io.getModelArtifactsForJSON(json, (manifest) => readWeights(folder, manifest));
    },
  };
}

function parseModelJson(path: string, text: string): tf.io.ModelJSON {
  let json: Partial<tf.io.ModelJSON> | null;
  try {
    json = JSON.parse(text) as Partial<tf.io.ModelJSON> | null;
  } catch (cause) {
    throw new FormatError(path, 0, "not JSON", "a tfjs model", { cause });
  }
  if (!json || typeof json !== "object" || json.modelTopology == null || !Array.isArray(json.weightsManifest))
    throw new FormatError(path, 0, "no modelTopology or no weightsManifest", "a tfjs layers model");
  return json as tf.io.ModelJSON;
}

async function readWeights(
  folder: string,
  manifest: tf.io.WeightsManifestConfig,
): Promise<[tf.io.WeightsManifestEntry[], ArrayBuffer]> {
  const specs = manifest.flatMap((group) => group.weights);
  const parts: Uint8Array[] = [];
  for (const name of manifest.flatMap((group) => group.paths)) {
    // The list may name files beside model.json only.
    if (!/^[\w.-]+$/.test(name) || name.startsWith(".."))
      throw new FormatError(join(folder, "model.json"), 0, `weights in ${JSON.stringify(name)}`, "a file name");
    const path = join(folder, name);
    parts.push(await readFile(path).catch((cause: unknown) => refuse(path, cause)));
  }
  const data = Uint8Array.from(Buffer.concat(parts));
  const expected = specs.reduce((bytes, spec) => bytes + specBytes(spec), 0);
  if (data.length !== expected)
    throw new FormatError(
      join(folder, weightsFile),
      Math.min(data.length, expected),
      `${data.length} bytes`,
      `${expected}, as model.json lists`,
    );
  return [specs, data.buffer];
}

function specBytes({ shape, dtype, quantization }: tf.io.WeightsManifestEntry): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  const stored = quantization?.dtype ?? dtype;
  return elements * (stored === "uint8" || stored === "bool" ? 1 : stored === "uint16" || stored === "float16" ? 2 : 4);
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const file = await open(partial, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    refuse(path, cause);
  }
}

function refuse(path: string, cause: unknown): never {
  throw new SourceError(path, cause instanceof Error ? cause.message : String(cause), { cause });
}
