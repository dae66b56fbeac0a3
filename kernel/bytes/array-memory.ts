/** Gives the memory of arrays back at once, where waiting for the collector would let that of many pile up. They are empty afterwards, as
 *  is every other array of their buffers. */
export function free(...arrays: readonly ArrayBufferView[]): void {
  for (const { buffer } of arrays)
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) structuredClone(undefined, { transfer: [buffer] });
}

/** Arrays of fewer bytes are copied from thread to thread, which takes less than a millisecond or so. */
export const largeBytes = 1 << 20;

/** `length` bytes, 0 each, that are about to go to another thread: 1 MiB and more in shared memory, from where nothing is copied. */
export function bytesForThreads(length: number): Uint8Array {
  return length < largeBytes ? new Uint8Array(length) : new Uint8Array(new SharedArrayBuffer(length));
}
