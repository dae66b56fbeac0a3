/** What a worker thread does for a layer: compresses it, or restores its weights. */
import { isSpilled, SpillFile, type SpilledArray } from "../bytes/spill-file";
import { archiveLayer } from "../stored/archived/layer";
import { outlineOf } from "../stored/outline";
import { restoreBytes, restoreValues } from "../stored/restored-weights";
import { taskModule } from "../threads/tasks";
import { sharing, transferring } from "../threads/transferring";
import { layerFileParts } from "./checkpoint-file";
import { compressLayer, compressLayerInto, sizeOfLayer, type LayerOutcome } from "./compress-layer";
import type { LayerJob } from "./layer-job";
import { plainBytesOf, plainPiece, type PlainPiece } from "./plain-piece";
import {
  readLayerFile,
  restoredFrom,
  storedAt,
  type LayerFile,
  type LayerSummary,
  type StoredLocation,
} from "./stored-location";

function summaryOf({ stored, ...rest }: LayerOutcome<SpilledArray>): LayerSummary {
  return { ...rest, outline: stored && outlineOf(stored) };
}

/** The bytes in a buffer that may move to another thread: one that holds them, and behind them little else. */
function owned(bytes: Uint8Array | SpilledArray): Uint8Array | SpilledArray {
  if (isSpilled(bytes)) return bytes;
  const { byteOffset, length, buffer } = bytes;
  return byteOffset === 0 && 2 * length >= buffer.byteLength ? bytes : bytes.slice();
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  compress: (job: LayerJob) => {
    const outcome = compressLayer(job);
    // A layer is posted to a thread each time it is read.
    return transferring({ ...summaryOf(outcome), stored: sharing(outcome.stored) });
  },
  /** The bytes that would be kept of it. */
  size: (job: LayerJob) => sizeOfLayer(job),
  /** The outcome as a file of a checkpoint, and all of it but the arrays. Large ones are left in a file at `spill`, which is then the caller's. */
  compressToFile: ({ job, key, spill }: { readonly job: LayerJob; readonly key: string; readonly spill: string }) => {
    const file = new SpillFile(spill);
    try {
      const outcome = compressLayerInto(job, file);
      const parts = layerFileParts(key, outcome, file);
      return transferring({ parts: parts.map(owned), summary: summaryOf(outcome) });
    } finally {
      file.close();
    }
  },
  /** Reads such a file and checks it to the last byte. */
  takeUp: (file: LayerFile) => summaryOf(readLayerFile(file)),
  /** The bytes of a tensor that was coded without loss as it is. */
  restoreBytes: (location: StoredLocation) => transferring(restoredFrom(location, restoreBytes)),
  /** The layer as a piece of a `.codebook` file. */
  archive: (location: StoredLocation) => transferring(archiveLayer(storedAt(location))),
  /** A tensor that no step changed as such a piece, and its bytes from one. */
  archiveUnchanged: (tensor: { readonly bytes: Uint8Array; readonly dtype: string }) =>
    transferring(plainPiece(tensor)),
  unchanged: (piece: PlainPiece) => transferring(plainBytesOf(piece)),
  /** w′, row-major. */
  restore: (location: StoredLocation) => transferring(restoredFrom(location, restoreValues)),
});
