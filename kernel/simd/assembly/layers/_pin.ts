/** Values that stay the same through a loop. V8 computes a pure value again where it is used, inside the loop, be it a division; one that
 *  was loaded from memory it keeps in a register. */
const slot = memory.data(16, 16);

export function pinned(x: v128): v128 {
  v128.store(slot, x);
  return v128.load(slot);
}
