/** What a worker thread does to save a layer: puts its codes into the bytes of an engine's format. */
import { storedAt, type StoredLocation } from "../layer/stored-location";
import { taskModule } from "../threads/tasks";
import { transferring } from "../threads/transferring";
import { packBitsandbytes } from "./bitsandbytes-layout";
import { packCompressed } from "./compressed-tensors-layout";
import type { LayoutChoice } from "./compressed-tensors-scheme";
import { packBlocks } from "./gguf-blocks";

interface ParameterJob {
  readonly location: StoredLocation;
  /** The parameter of the layer that is wanted, such as "weight_packed". */
  readonly suffix: string;
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  packCompressed: ({ location, choice, suffix }: ParameterJob & { readonly choice: LayoutChoice }) =>
    transferring(packCompressed(storedAt(location), choice, suffix)),
  packBitsandbytes: ({ location, suffix }: ParameterJob) => transferring(packBitsandbytes(storedAt(location), suffix)),
  packBlocks: (location: StoredLocation) => transferring(packBlocks(storedAt(location))),
});
