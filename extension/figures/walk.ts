import type { Cell } from "./figure";

/** Where a key leads. */
export type Direction = "up" | "down" | "left" | "right" | "first" | "last";

const directions: ReadonlyMap<string, Direction> = new Map([
  ["ArrowUp", "up"],
  ["ArrowDown", "down"],
  ["ArrowLeft", "left"],
  ["ArrowRight", "right"],
  ["Home", "first"],
  ["End", "last"],
]);

/** Where a key of the keyboard leads, by its name; undefined for one that leads nowhere. */
export const directionOf = (key: string): Direction | undefined => directions.get(key);

/** The layer that an arrow key leads to from `from`, in a figure whose layers stand at `cells`; null when there is none that way. In a
 *  list of rows up and down count; on a map all four do, and empty cells are stepped over. */
export function nextLayer(cells: readonly Cell[], from: number | null, direction: Direction): number | null {
  if (cells.length === 0) return null;
  const here = cells.find((cell) => cell.layer === from);
  if (!here || direction === "first") return cells[0].layer;
  if (direction === "last") return cells[cells.length - 1].layer;
  const vertical = direction === "up" || direction === "down";
  const sign = direction === "down" || direction === "right" ? 1 : -1;
  let best: Cell | null = null;
  let least = Infinity;
  for (const cell of cells) {
    const along = sign * (vertical ? cell.y - here.y : (cell.x ?? 0) - (here.x ?? 0));
    const across = Math.abs(vertical ? (cell.x ?? 0) - (here.x ?? 0) : cell.y - here.y);
    if (along <= 1e-6) continue;
    // The nearest in line; when the line is empty, the nearest beside it.
    const cost = along + 1000 * across;
    if (cost < least) {
      least = cost;
      best = cell;
    }
  }
  return best?.layer ?? null;
}
