/** Choices among four numbers, brought together. */

/** For each choice of four numbers (16, 16) u8: where the bytes of those that are chosen are taken from. */
const choices = memory.data(256, 16);

function makeChoices(): void {
  for (let choice = 0; choice < 16; choice++) {
    let to = choices + 16 * choice;
    for (let lane = 0; lane < 4; lane++) {
      if (((choice >> lane) & 1) == 0) continue;
      for (let byte = 0; byte < 4; byte++) store<u8>(to++, <u8>(4 * lane + byte));
    }
  }
}

/** Makes the table when it is first needed. */
export function needChoices(): void {
  // The choice of all four begins with bytes 0 and 1.
  if (load<u8>(choices + 241) == 0) makeChoices();
}

/** Stores those of four numbers of 32 bits whose bit in `choice` is set, and what is left of 16 bytes behind them. Returns where they end.
 *  `needChoices` comes first. */
export function storeChosen(to: usize, four: v128, choice: i32): usize {
  v128.store(to, i8x16.swizzle(four, v128.load(choices + ((<usize>choice) << 4))));
  return to + ((<usize>popcnt(choice)) << 2);
}
