/** Files that several formats share. */
import { headerLimit } from "../formats/budget";
import { maxIndexBytes } from "../formats/limits";
import { readZip, type ZipMember } from "../formats/zip";
import type { Container } from "./format";
import { refusedArchive } from "./refused";

/** A zip archive: PyTorch's files and NumPy's `.npz`, told by their members. */
export const zip: Container<readonly ZipMember[]> = {
  begins: /^PK(\x03\x04|\x05\x06)/,
  read: readZip,
  what: "a zip archive",
  expected: "a model of PyTorch, or NumPy arrays",
  refused: refusedArchive,
};

/** A JSON object, or a list, that names the files of a model, told by its text; the text of a file that is too long for one is empty. (The first bytes
 *  of a safetensors file can be a brace too, when its header has 123 bytes more than a multiple of 256.) */
export const json: Container<Buffer> = {
  begins: /^(?!.{7}\0\{)\s*[{[]/s,
  ending: ".json",
  read: async (source, signal) =>
    Buffer.from(
      source.byteLength > headerLimit(source, maxIndexBytes) ? [] : await source.read(0, source.byteLength, signal),
    ),
  what: "a JSON file",
  expected: "the index of a model in several files, or a model of TensorFlow.js",
};
