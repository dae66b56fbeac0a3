/** A matrix of weights cut into tiles that share a scale, brought to the kernels run by run. */
import { LIST_BYTES, STAGE } from "./generated/layers";
import { addressOf, memoryBytes, stageBytes, type KernelArray } from "./layer-memory";

/** `rows` rows of `columns` weights, cut into tiles of `height` rows and `width` weights, smaller at the right and lower edge, which are
 *  numbered row by row. Where one tile holds all weights, they count as one row, as wide as they are many. */
export interface TileShape {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

function tilesPerRow({ columns, width }: TileShape): number {
  return columns === 0 ? 0 : Math.ceil(columns / width);
}

/** An array with an element for each weight, or a table with one for each tile, and whether a kernel reads it, writes it, or does both. */
export interface RunArray {
  readonly array: KernelArray;
  readonly use: "in" | "out" | "both";
}

/** Weights of a piece: 64 KiB, which stay in a core's own cache. */
export const pieceWeights = 16_384;

/** Calls `work` for one run of weights after another. A run lies within one row of weights; where tiles are one row high and divide the rows,
 *  it may be several rows. `work` gets the addresses of the run's first weight in each array, the addresses of its first tile in each
 *  table, how many weights the run has, and how many weights wide its tiles are. Arrays outside the kernels' memory are copied to the
 *  stage and back, piece by piece. */
export function inRuns(
  shape: TileShape,
  arrays: readonly RunArray[],
  tables: readonly RunArray[],
  work: (arrays: readonly number[], tables: readonly number[], weights: number, width: number) => void,
): void {
  const { rows, columns, height } = shape;
  const width = Math.max(1, Math.min(shape.width, columns));
  const perRow = tilesPerRow(shape);
  if (rows * columns === 0) return;
  if (columns <= pieceWeights) {
    const most = Math.max(1, Math.floor(pieceWeights / columns));
    for (let row = 0; row < rows; row += most) {
      const count = Math.min(most, rows - row);
      const [firstTile, lastTile] = [Math.floor(row / height), Math.floor((row + count - 1) / height)];
      const stage = new Stage(arrays, tables);
      stage.bring(row * columns, count * columns, firstTile * perRow, (lastTile - firstTile + 1) * perRow);
      if (height === 1 && columns % width === 0) work(stage.arrays, stage.tables, count * columns, width);
      else
        for (let k = 0; k < count; k++)
          work(
            stage.arrays.map((at, a) => at + k * columns * arrays[a].array.BYTES_PER_ELEMENT),
            stage.tables.map((at, t) => {
              const tile = (Math.floor((row + k) / height) - firstTile) * perRow;
              return at + tile * tables[t].array.BYTES_PER_ELEMENT;
            }),
            columns,
            width,
          );
      stage.takeBack();
    }
    return;
  }
  // Parts of a row: whole tiles where they are short, else parts of one.
  const part = width <= pieceWeights ? width * Math.floor(pieceWeights / width) : pieceWeights;
  for (let row = 0; row < rows; row++)
    for (let tileStart = 0; tileStart < columns; tileStart += width <= pieceWeights ? part : width) {
      const tileEnd =
        width <= pieceWeights ? Math.min(columns, tileStart + part) : Math.min(columns, tileStart + width);
      for (let start = tileStart; start < tileEnd; start += part) {
        const length = Math.min(part, tileEnd - start);
        const tile = Math.floor(row / height) * perRow + Math.floor(start / width);
        const stage = new Stage(arrays, tables);
        stage.bring(row * columns + start, length, tile, Math.ceil(length / width));
        work(stage.arrays, stage.tables, length, Math.min(width, length));
        stage.takeBack();
      }
    }
}

/** One piece on the stage. */
class Stage {
  readonly arrays: number[] = [];
  readonly tables: number[] = [];
  private readonly back: (() => void)[] = [];
  private next = STAGE + LIST_BYTES;

  constructor(
    private readonly perWeight: readonly RunArray[],
    private readonly perTile: readonly RunArray[],
  ) {}

  bring(weight: number, weights: number, tile: number, tiles: number): void {
    for (const one of this.perWeight) this.arrays.push(this.place(one, weight, weights));
    for (const one of this.perTile) this.tables.push(this.place(one, tile, tiles));
  }

  private place({ array, use }: RunArray, start: number, length: number): number {
    const own = addressOf(array);
    if (own !== undefined) return own + start * array.BYTES_PER_ELEMENT;
    const bytes = length * array.BYTES_PER_ELEMENT;
    const at = this.next;
    this.next += Math.ceil(bytes / 64) * 64 + 64;
    if (this.next > STAGE + stageBytes) throw new RangeError("a piece does not fit on the stage");
    const View = array.constructor as new (buffer: ArrayBufferLike, at: number, length: number) => KernelArray;
    const view = new View(memoryBytes(at, bytes).buffer, at, length);
    const outside = array.subarray(start, start + length);
    if (use !== "out") view.set(outside);
    if (use !== "in") this.back.push(() => outside.set(view));
    return at;
  }

  takeBack(): void {
    for (const back of this.back) back();
  }
}
