import { largeBytes } from "../bytes/array-memory";

/** A task's result together with the buffers in it that move to the caller instead of being copied. */
export class Transferring<Value = unknown> {
  readonly value: Value;
  readonly buffers: ArrayBuffer[];
  constructor(value: Value, buffers: ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** `value`, moving every array buffer that it holds at any depth; shared buffers stay shared. */
export function transferring<Value>(value: Value): Transferring<Value> {
  const buffers = new Set<ArrayBuffer>();
  const visit = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) {
      if (part.buffer instanceof ArrayBuffer) buffers.add(part.buffer);
    } else if (part !== null && typeof part === "object") Object.values(part).forEach(visit);
  };
  visit(value);
  return new Transferring(value, [...buffers]);
}

/** A copy of `value`, which is plain data, with its arrays of 1 MiB and more in shared memory: posting it to threads copies none of these. */
export function sharing<Value>(value: Value): Value {
  return shared(value) as Value;
}

function shared(part: unknown): unknown {
  if (ArrayBuffer.isView(part)) return shareArray(part);
  if (Array.isArray(part)) return part.map(shared);
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, shared(inner)]));
}

type ArrayOfBytes = new (buffer: SharedArrayBuffer) => ArrayBufferView;

function shareArray(array: ArrayBufferView): ArrayBufferView {
  if (array.byteLength < largeBytes || array instanceof DataView || array.buffer instanceof SharedArrayBuffer)
    return array;
  const buffer = new SharedArrayBuffer(array.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new (array.constructor as unknown as ArrayOfBytes)(buffer);
}
