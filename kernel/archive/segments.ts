/** A file as segments: its tensors, and whatever lies between. */
import type { ByteSource } from "../bytes/source";
import { FormatError, UnsupportedError } from "../errors";
import { ggufMagic, openGguf } from "../formats/gguf/gguf";
import { openSafetensors, safetensorsMagic } from "../formats/safetensors";
import { FileTensor } from "../formats/file-tensor";
import type { Model } from "../tensor/model";
import type { SegmentInfo } from "./contents";
import { bytesOfElements, isCastable, isWhole } from "./base-cast";
import { blockBytesOf, layoutCodeOf, layoutOf, plainBytes } from "../encode/byte-planes/block-layout";

/** The parts of a file in order, without gaps; against the tensors of the same name in `base`, if there are such. A file that is no sound
 *  model is one part. */
export async function segmentsOf(
  source: ByteSource,
  base: ByteSource | undefined,
  signal: AbortSignal | undefined,
): Promise<SegmentInfo[]> {
  const bases = new Map((base ? await tensorsIn(base, signal) : []).map((tensor) => [tensor.name, tensor]));
  const segments: SegmentInfo[] = [];
  let at = 0;
  const gapUntil = (end: number): void => {
    if (end > at) segments.push({ start: at, length: end - at, layout: plainBytes });
    at = Math.max(at, end);
  };
  for (const stored of (await tensorsIn(source, signal)).sort((a, b) => a.start - b.start)) {
    const { name, dtype, shape, start, sizeBytes } = stored;
    gapUntil(start);
    if (start !== at) return [{ start: 0, length: source.byteLength, layout: plainBytes }];
    const info = { tensor: { name, dtype, shape }, start, length: sizeBytes, layout: layoutCodeOf(dtype, sizeBytes) };
    const other = placeInBase(stored, info, bases.get(name));
    segments.push(other ? { ...info, base: other } : info);
    at += sizeBytes;
  }
  gapUntil(source.byteLength);
  return segments;
}

/** The tensor of the base, where it has as many elements and the same type, or a type that this one can be made from. */
function placeInBase(stored: FileTensor, { layout }: SegmentInfo, base: FileTensor | undefined): SegmentInfo["base"] {
  if (!base || base.parameters !== stored.parameters || stored.sizeBytes === 0) return undefined;
  const { dtype, start, sizeBytes: length } = base;
  if (dtype === stored.dtype) return length === stored.sizeBytes ? { dtype, start, length } : undefined;
  if (!isCastable(dtype, stored.dtype) || !isWhole(stored.dtype, blockBytesOf(layoutOf(layout)))) return undefined;
  return bytesOfElements(dtype, base.parameters) === length ? { dtype, start, length } : undefined;
}

async function tensorsIn(source: ByteSource, signal: AbortSignal | undefined): Promise<FileTensor[]> {
  const model = await openModel(source, signal);
  return (model?.tensors ?? []).filter((tensor): tensor is FileTensor => tensor instanceof FileTensor);
}

async function openModel(source: ByteSource, signal: AbortSignal | undefined): Promise<Model | undefined> {
  const head = Buffer.from(await source.read(0, Math.min(9, source.byteLength), signal)).toString("latin1");
  try {
    if (ggufMagic.test(head)) return await openGguf(source, source.name, signal);
    if (safetensorsMagic.test(head)) return await openSafetensors(source, source.name, signal);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
  }
  return undefined;
}
