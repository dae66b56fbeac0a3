/** `codebook convert`: a compressed model in a form that an engine loads, and what `codebook info` says of one. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readModelFile } from "../archive/model-file";
import { fileSource } from "../bytes/source";
import { readJsonFile, withSettings } from "../formats/config";
import { floatTypes, type SavedFloatType } from "../formats/float-encoding";
import { open } from "../open/open";
import { CompressedModel } from "../recipe/compressed-model";
import { formatCount } from "../report/numbers";
import { summaryToText } from "../save/save-summary";
import { layersBeside } from "../save/verify";
import { alignColumns } from "../static/text-table";
import { checkChoice } from "../options";
import { CommandError } from "./command-error";
import { printable, runLongWork } from "./long-work";
import { share } from "./share";

const flags = {
  from: { type: "string" },
  dtype: { type: "string" },
  force: { type: "boolean" },
  resume: { type: "boolean" },
} as const;

/** `codebook convert FILE OUT [--from DIR] [--dtype TYPE] [--force] [--resume]`: OUT is `folder/`, `….safetensors`, `….gguf` or `….codebook`, as
 *  `save` takes it. Codes that the form holds packed stay codes, the rest are values w′. */
export async function convertCommand(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: flags });
  if (positionals.length !== 2)
    throw new CommandError(
      `convert takes a compressed model and where to put it; ${positionals.length} words were given`,
    );
  const [file, output] = positionals;
  if (!values.force && existsSync(output)) throw new CommandError(`${output} exists already; --force replaces it`);
  const dtype = values.dtype === undefined ? undefined : checkChoice("convert", "dtype", values.dtype, floatTypes);
  const left = values.resume ? "what is written is kept, and the same command goes on from there" : undefined;
  const { from, resume = false } = values;
  const saved = await runLongWork(({ signal }) => convert(file, output, { from, dtype, resume, signal }), left);
  if (saved) console.log(summaryToText(saved).split("\n").map(printable).join("\n"));
}

interface Choices {
  readonly from: string | undefined;
  readonly dtype: SavedFloatType | undefined;
  readonly resume: boolean;
  readonly signal: AbortSignal;
}

async function convert(file: string, output: string, { from, dtype, resume, signal }: Choices) {
  const model = await openCompressed(file, signal);
  if (from !== undefined)
    withSettings(model, model.config ?? (await readJsonFile(join(from, "config.json"))), resolve(from));
  return model.save(output, { resume, signal, ...(dtype !== undefined && { dtype }) });
}

async function openCompressed(file: string, signal?: AbortSignal): Promise<CompressedModel> {
  const model = await open(file, signal ? { signal } : {});
  if (model instanceof CompressedModel) return model;
  throw new CommandError(`${file} holds no compressed model; codebook unpack restores the file in an archive`);
}

/** Lines of `codebook info` for a compressed model: what it was made of and how, and a table of its tensors. */
export async function describeCompressed(file: string): Promise<string[]> {
  const model = await openCompressed(file);
  const source = await fileSource(file);
  const { pieces } = await readModelFile(source);
  const beside = new Map<string, number>();
  for (const layer of await layersBeside(file)) beside.set(layer.name, (await fileSource(layer.file)).byteLength);
  const fileBytes = [...beside.values()].reduce((sum, bytes) => sum + bytes, source.byteLength);
  const [variant] = model.report.variants;
  const { name, sha256 = "unknown", bytes } = model.report.model;
  const rows = model.tensors.map(({ name: own, dtype, shape, parameters }, at) => {
    const size = beside.get(own) ?? pieces[at].byteLength;
    const bits = parameters === 0 ? "" : ((8 * size) / parameters).toFixed(2);
    return [own, dtype, shape.join(" × "), formatCount(size), bits];
  });
  return [
    `${name}, compressed as ${variant.name}: ${formatCount(bytes)} bytes as ${formatCount(fileBytes)} (${share(fileBytes, bytes)}), ${((8 * fileBytes) / Math.max(1, model.parameters)).toFixed(3)} bits a weight, version 3`,
    `SHA-256 of the model that was compressed: ${sha256}`,
    `seed ${model.seed}; recipe ${JSON.stringify(model.recipe)}`,
    "",
    ...alignColumns(
      [["tensor", "held as", "shape", "bytes", "bits"], ...rows],
      ["left", "left", "left", "right", "right"],
    ),
  ];
}
