/** A compressed model as a `.codebook` file, version 3 (archive/model-file.ts): every layer in its stored form, what no step changed in its own
 *  bytes, and with them recipe, report, settings and versions. `open` gives w′ from it, one tensor without the others.
 *
 *  The contents: `codebook`, the version that wrote it; `name` of the model that was compressed, `metadata`, `ggufTypes` (key, type, whether a
 *  list) where they are of a GGUF file, `config` and `configText`, `report` (with recipe, seed, and the source's SHA-256); `tensors`, for each `name`, `bytes` and
 *  `hash` of its piece, `shape`, `dtype`, its role; and
 *  - of a layer that a step touched: `outline` (stored/outline.ts, of tables at most one entry) and `layer` (stored/archived/layer.ts);
 *  - of one in a folder of a checkpoint instead of `layer`: `file` there, and `key`, which it must have;
 *  - of another: `sizeBytes`, and `coded` where its piece is what `encode` made of its bytes. */
import { basename, dirname, resolve } from "node:path";
import { endOfModel, hashOfPiece, headerOfModel } from "../archive/model-file";
import { writeFileAtomically } from "../bytes/atomic-file";
import type { KeptPiece, MadePiece, PieceSource } from "../bytes/pieces";
import { writeFileResumably } from "../bytes/resumable-file";
import { OptionError } from "../errors";
import { configTextOf } from "../formats/config";
import { ggufTypesOf } from "../formats/gguf/metadata";
import type { JsonObject } from "../formats/json-file";
import { keyOf } from "../formats/write-pieces";
import { isReadable } from "../formats/values";
import { currentHost } from "../host";
import { CompressedTensor } from "../layer/layer-tensor";
import { tasks } from "../layer/tasks";
import type { StoredOutline } from "../stored/outline";
import { toldOf } from "../tensor/role";
import type { Tensor } from "../tensor/tensor";
import { sharedPool } from "../threads/pool";
import { packageVersion } from "../version";
import type { PlannedLayer, PlannedSave } from "./save-plan";
import { fileName, type FileOptions, type SavedModel } from "./saved-model";

/** A tensor as the contents list it. */
interface TensorEntry extends JsonObject {
  readonly bytes: number;
}

/** Plans a compressed model as a `.codebook` file. Planning codes all that is coded, so that the bytes are known; `write` does so again, one
 *  tensor at a time in memory. `OptionError` for a dtype: codes stay codes. */
export async function planCodebook(model: SavedModel, { dtype, resume, signal }: FileOptions): Promise<PlannedSave> {
  if (dtype !== undefined)
    throw new OptionError(
      `save(): dtype goes with a file of floats; a .codebook file holds codes: save("small.safetensors", { dtype: "${dtype}" })`,
    );
  const stop = signal ?? currentHost().signal;
  const planned = new ModelPieces(model, stop, "planning");
  let bytes = 0;
  for await (const piece of planned.make()) bytes += piece.bytes.length;
  const layers = model.tensors.map((tensor, at) => layerOf(tensor, planned.entries[at].bytes));
  return {
    plan: { form: "codebook file", engine: "Codebook", layers, bytes },
    write: async (path) => {
      const begin = () => new ModelPieces(model, stop, "saving");
      const key = resume ? await keyOf("save", model, "codebook", stop) : "";
      const written = resume
        ? await writeFileResumably(path, begin, { key, ...(stop && { signal: stop }) })
        : await writeFileAtomically(path, bytesOf(begin()), { signal: stop });
      return { bytes: written, files: [fileName(path)] };
    },
  };
}

/** Writes a model whose layers lie in the files of a checkpoint's folder as a `.codebook` file in it, which names those files. */
export async function writeFinished(model: SavedModel, path: string, signal: AbortSignal): Promise<void> {
  await writeFileAtomically(path, bytesOf(new ModelPieces(model, signal, "saving", dirname(path))), { signal });
}

async function* bytesOf(pieces: PieceSource): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of pieces.make()) yield bytes;
}

function layerOf(tensor: Tensor, bytes: number): PlannedLayer {
  const { name, shape } = tensor;
  const isChanged = tensor instanceof CompressedTensor;
  const as = isChanged ? tensor.dtype : typeOf(tensor);
  return {
    name,
    shape,
    held: isChanged ? "packed" : "as it was",
    as,
    tensors: [{ name, dtype: as, shape, sizeBytes: bytes }],
    bytes,
  };
}

/** The file piece by piece: header, tensors, contents. */
class ModelPieces implements PieceSource {
  readonly entries: TensorEntry[] = [];
  private hasHeader = false;
  private hasEnd = false;

  constructor(
    private readonly model: SavedModel,
    private readonly signal: AbortSignal | undefined,
    private readonly task: string,
    /** The folder of a checkpoint: layers that lie in files there stay in them. */
    private readonly checkpoint?: string,
  ) {}

  get isWhole(): boolean {
    return this.hasEnd;
  }

  keep({ bytes, note }: KeptPiece): boolean {
    if (!this.hasHeader) {
      this.hasHeader = bytes === headerOfModel().length;
      return this.hasHeader;
    }
    const { tensors } = this.model;
    if (this.entries.length === tensors.length) {
      const isEnd = !this.hasEnd && bytes === this.end().length;
      this.hasEnd ||= isEnd;
      return isEnd;
    }
    const entry = note === "" ? undefined : (JSON.parse(note) as TensorEntry);
    if (entry?.bytes !== bytes || entry.name !== tensors[this.entries.length].name) return false;
    this.entries.push(entry);
    return true;
  }

  async *make(): AsyncGenerator<MadePiece> {
    if (!this.hasHeader) yield { bytes: headerOfModel() };
    this.hasHeader = true;
    const { tensors } = this.model;
    const total = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let done = tensors.slice(0, this.entries.length).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const tensor of tensors.slice(this.entries.length)) {
      const { bytes, entry } = await pieceOf(tensor, this.checkpoint, this.signal);
      this.entries.push(entry);
      done += tensor.sizeBytes;
      currentHost().progress?.({ task: this.task, done, total, unit: "bytes", item: tensor.name });
      yield { bytes, note: asciiJson(entry) };
    }
    if (!this.hasEnd) yield { bytes: this.end() };
    this.hasEnd = true;
  }

  private end(): Uint8Array {
    const { metadata, config, report } = this.model;
    const at = this.entries.reduce((sum, { bytes }) => sum + bytes, headerOfModel().length);
    const types = ggufTypesOf(metadata);
    const contents = {
      codebook: packageVersion,
      name: report.model.name,
      metadata,
      ...(types && { ggufTypes: [...types].map(([key, { type, isList }]) => [key, type, isList]) }),
      ...(config && { config, configText: configTextOf(config) }),
      report,
      tensors: this.entries,
    };
    return endOfModel(contents, at);
  }
}

/** JSON in ASCII, which a note has to be. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The piece of a tensor, made on a worker thread, and its entry. */
async function pieceOf(
  tensor: Tensor,
  checkpoint: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; entry: TensorEntry }> {
  const { name, shape } = tensor;
  const run = { label: name, ...(signal ? { signal } : {}) };
  if (tensor instanceof CompressedTensor) {
    const { location, outline, dtype: label } = tensor;
    const about = { dtype: label, ...toldOf(tensor), outline: outlineEntry(outline) };
    if (checkpoint !== undefined && "file" in location && resolve(dirname(location.file)) === resolve(checkpoint)) {
      const bytes = new Uint8Array(0);
      return {
        bytes,
        entry: entryOf(name, shape, bytes, { ...about, file: basename(location.file), key: location.key }),
      };
    }
    const { bytes, entry: layer } = await sharedPool().run(tasks, "archive", location, run);
    return { bytes, entry: entryOf(name, shape, bytes, { ...about, layer }) };
  }
  const dtype = typeOf(tensor);
  const own = await ownBytes(tensor, dtype, signal);
  const { bytes, isCoded } = await sharedPool().run(tasks, "archiveUnchanged", { bytes: own, dtype }, run);
  const about = { dtype, ...toldOf(tensor), sizeBytes: own.length, ...(isCoded && { coded: true }) };
  return { bytes, entry: entryOf(name, shape, bytes, about) };
}

function entryOf(name: string, shape: readonly number[], bytes: Uint8Array, about: JsonObject): TensorEntry {
  return { name, shape: [...shape], bytes: bytes.length, hash: hashOfPiece(bytes), ...about };
}

/** The type of a tensor that no step changed; the values of one that its file holds as codes. */
function typeOf({ dtype, scheme }: Tensor): string {
  return scheme === undefined || isReadable(dtype) ? dtype : "F32";
}

async function ownBytes(tensor: Tensor, dtype: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (tensor.scheme === undefined) return tensor.readBytes({ signal });
  if (dtype !== "F32") return tensor.readBytes({ signal });
  const { buffer, byteOffset, byteLength } = await tensor.read({ signal });
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** An outline without name and shape, which stand beside it; of tables that have one entry, the entry. */
function outlineEntry({ isMasked, axes, content, sizeBytes }: StoredOutline): JsonObject {
  const tables =
    content.kind === "codes" &&
    content.tables.map(({ shape, length, first }) => ({ shape, length, first: length === 1 ? first : [] }));
  return { isMasked, ...(axes && { axes }), content: { ...content, ...(tables && { tables }) }, sizeBytes };
}
