/** Gives the memory of arrays back at once, where waiting for the collector would let that of many pile up. They are empty afterwards, as
 *  is every other array of their buffers. */
export function free(...arrays: readonly ArrayBufferView[]): void {
  for (const { buffer } of arrays)
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) structuredClone(undefined, { transfer: [buffer] });
}
