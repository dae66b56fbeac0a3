/** The formats of model files, a row each: `open` and the Hub find and read files by this table, `CompressedModel.save` plans and writes by it. Rows
 *  stand in the order in which a folder that holds several models is searched. */
import { archiveMagic } from "../archive/contents";
import { modelMagic } from "../archive/model-file";
import { unwrapArchive } from "../archive/source";
import { ggufMagic, openGguf } from "../formats/gguf/gguf";
import { partNames } from "../formats/gguf/parts";
import { hdf5Magic } from "../formats/hdf5/hdf5";
import { isKeras, openKeras, openKerasH5 } from "../formats/keras/keras";
import { isNpz, openNpy, openNpz } from "../formats/npz";
import { onnxMagic, openOnnx } from "../formats/onnx/onnx";
import { isPyTorch, openPyTorch } from "../formats/pytorch";
import { openPyTorchStream, streamMagic } from "../formats/pytorch-stream";
import { openPyTorchTar, tarMagic } from "../formats/pytorch-tar";
import { safetensorsMagic } from "../formats/safetensors";
import { openSafetensorsParts, safetensorsParts } from "../formats/safetensors-parts";
import { openIndex } from "../formats/shards";
import { openTfjs } from "../formats/tfjs";
import { planCodebook } from "../save/codebook";
import { planFloats } from "../save/floats";
import { planGguf } from "../save/gguf";
import { openCodebook } from "../save/opened-codebook";
import { json, zip } from "./containers";
import type { Format, InnerReader, Reader } from "./format";

/** A reader of files of one format. */
const alone = (reader: Reader): Reader => reader;

/** A reader of files that share a container: lets each row speak of its contents by their own type. */
const inside = <Contents>(reader: InnerReader<Contents>): InnerReader<Contents> => reader;

/** True for the text of a model of TensorFlow.js, or of its manifest alone, a list. */
const holdsManifest = (text: Buffer): boolean =>
  text.includes('"weightsManifest"') || /^\s*\[/.test(text.toString("latin1", 0, 64));

/** Every format. */
export const formats: readonly Format[] = [
  {
    name: "safetensors",
    title: "safetensors",
    endings: [".safetensors.index.json", ".safetensors"],
    usualNames: ["model.safetensors", "model.safetensors.index.json"],
    impliedEnding: ".safetensors",
    isReadByEnding: true,
    reader: alone({
      begins: safetensorsMagic,
      open: (source, name, { signal, siblings }) => openSafetensorsParts(source, name, signal, siblings),
    }),
    partsByName: safetensorsParts,
    plan: planFloats,
  },
  {
    // The names of indices are with those of the files that they list, safetensors or PyTorch's; so is the model's format.
    name: "index",
    title: "its index.json",
    endings: [],
    reader: inside({
      container: json,
      holds: (text) => !holdsManifest(text),
      open: (source, name, { signal, siblings }) => openIndex(source, name, signal, siblings),
    }),
    partsInJson: ({ weight_map: map }) => (typeof map === "object" && map !== null ? Object.values(map) : []),
  },
  {
    name: "gguf",
    title: "GGUF",
    endings: [".gguf"],
    impliedEnding: ".gguf",
    hasTellingNames: true,
    isReadByEnding: true,
    reader: alone({
      begins: ggufMagic,
      open: (source, name, { signal, siblings }) => openGguf(source, name, signal, siblings),
    }),
    settings: "metadata",
    partsByName: partNames,
    plan: planGguf,
  },
  {
    name: "codebook",
    endings: [".codebook"],
    impliedEnding: ".codebook",
    reader: {
      // Version 3 holds a compressed model, not a file.
      begins: new RegExp(
        `^${archiveMagic.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}(?!\\x03\\0\\0\\0)`,
      ),
      unwrap: unwrapArchive,
    },
    plan: planCodebook,
  },
  {
    name: "compressed",
    endings: [],
    reader: alone({
      begins: modelMagic,
      open: openCodebook,
    }),
    settings: "metadata",
  },
  {
    name: "pytorch",
    title: "a PyTorch",
    endings: [".pt", ".pth"],
    sharedEndings: [".bin"],
    usualNames: [
      "pytorch_model.bin",
      "pytorch_model.bin.index.json",
      "diffusion_pytorch_model.bin",
      "adapter_model.bin",
    ],
    reader: inside({
      container: zip,
      holds: isPyTorch,
      open: (source, name, { signal }, members) => openPyTorch(source, members, name, signal),
    }),
  },
  {
    name: "pytorch stream",
    endings: [],
    reader: alone({
      begins: streamMagic,
      open: (source, name, { signal }) => openPyTorchStream(source, name, signal),
    }),
  },
  {
    name: "pytorch tar",
    endings: [],
    reader: alone({
      begins: tarMagic,
      open: (source, name, { signal }) => openPyTorchTar(source, name, signal),
    }),
  },
  {
    name: "npz",
    title: "NumPy",
    endings: [".npz"],
    reader: inside({
      container: zip,
      holds: (members) => isNpz(members) && !isPyTorch(members),
      open: (source, name, { signal }, members) => openNpz(source, members, name, signal),
    }),
  },
  {
    name: "npy",
    endings: [],
    reader: alone({
      begins: /^\x93NUMPY/,
      open: (source, name, { signal }) => openNpy(source, name, signal),
    }),
  },
  {
    name: "onnx",
    title: "ONNX",
    endings: [".onnx"],
    isReadByEnding: true,
    reader: alone({
      begins: onnxMagic,
      open: (source, name, { signal, siblings }) => openOnnx(source, name, signal, siblings),
    }),
  },
  {
    name: "tfjs",
    title: "TensorFlow.js",
    endings: [],
    usualNames: ["model.json", "weights_manifest.json"],
    reader: inside({
      container: json,
      holds: holdsManifest,
      open: (source, name, { signal, siblings }) => openTfjs(source, name, signal, siblings),
    }),
    settings: "file",
    partsInJson: (value) => {
      const groups: unknown = Array.isArray(value) ? value : value.weightsManifest;
      return Array.isArray(groups) ? groups.flatMap((group: { paths?: unknown } | null) => group?.paths ?? []) : [];
    },
  },
  {
    name: "keras",
    title: "Keras",
    endings: [".keras"],
    impliedEnding: ".keras",
    reader: inside({
      container: zip,
      holds: isKeras,
      open: (source, name, { signal }, members) => openKeras(source, members, name, signal),
    }),
    settings: "metadata",
  },
  {
    name: "hdf5",
    title: "HDF5",
    endings: [".h5"],
    sharedEndings: [".hdf5"],
    usualNames: ["model.weights.h5", "tf_model.h5"],
    impliedEnding: ".h5",
    isReadByEnding: true,
    reader: alone({
      begins: hdf5Magic,
      open: (source, name, { signal, siblings }) => openKerasH5(source, name, signal, siblings),
    }),
    settings: "metadata",
  },
];
