/** How the layers of a model are laid out, for the static picture and the live view alike: grouped by block, in the order of the
 *  model; as rows while names can be read, as a map (column = block, row = kind) beyond that. Pure; imports types only. */
import type { LayerPlace } from "./types";

/** Layers that still fit as rows. */
export const rowLimit = 60;

/** Variants that one figure tells apart by colour. More are drawn as small multiples of this size. */
export const variantLimit = 8;

/** Layers as rows, or as cells of the model map. */
export type Arrangement = "rows" | "map";

/** Rows while names can be read, the map beyond `rowLimit`. */
export function arrangementOf(layers: number): Arrangement {
  return layers <= rowLimit ? "rows" : "map";
}

/** The layers of one block. */
export interface BlockGroup {
  /** "embed", "block 0", …; "" for layers whose name tells no block. */
  readonly block: string;
  /** Positions in the list that was given. */
  readonly layers: readonly number[];
}

/** Kinds in the order in which data passes them, norms last. What is not listed keeps the order of the file. */
const kindOrder = (
  "word position token_type patch class_token query query.a query.b key value key.value.a key.value.b qkv attention.output attn out " +
  "router gate gate.up up intermediate down output * query.norm key.norm attention.norm post_attention.norm pre_mlp.norm mlp.norm " +
  "output.norm post_mlp.norm norm"
).split(" ");

function kindRank(kind: string): number {
  const base = kind
    .replace(/^(cross|shared|experts|encoder|decoder|expert \d+)\./, "")
    .replace(/\.(bias|mean|variance|count)$/, "");
  const at = kindOrder.indexOf(base) < 0 ? kindOrder.indexOf("*") : kindOrder.indexOf(base);
  // Cross attention follows self attention; a bias follows its weight.
  const attentionEnd = kindOrder.indexOf("router");
  const rank = kind.startsWith("cross.") && at < attentionEnd ? attentionEnd - 0.5 + at / 1000 : at;
  return kind.endsWith(".bias") && base !== kind && kindOrder.includes(base) ? rank + 1e-6 : rank;
}

const endRank: Readonly<Record<string, number>> = { embed: 0, stem: 0.1, pool: 3, head: 4 };
const sideRank: Readonly<Record<string, number>> = { encoder: 1, block: 1.1, stage: 1.1, decoder: 1.2 };

const sideOf = (block: string): string => (block.includes(" ") ? block.slice(0, block.indexOf(" ")) : "");

/** Groups by block: the embedding first, then the blocks by number, then pooler and head; inside a block in the order in which data
 *  passes the layers. Files do not keep that order: safetensors often sorts by name, and "layer.10" comes before "layer.2". */
export function groupByBlock(places: readonly LayerPlace[]): BlockGroup[] {
  const groups = new Map<string, number[]>();
  for (const [at, place] of places.entries()) {
    const group = groups.get(place.block);
    if (group) group.push(at);
    else groups.set(place.block, [at]);
  }
  const firstNumbered = places.findIndex((place) => place.blockIndex !== null);
  const rank = (block: string, first: number): number => {
    if (Object.hasOwn(endRank, block)) return endRank[block];
    if (places[first].blockIndex !== null) return sideRank[sideOf(block)] ?? 1.1;
    return firstNumbered < 0 || first < firstNumbered ? 0.5 : 2;
  };
  return [...groups]
    .map(([block, layers]) => ({
      block,
      layers,
      rank: rank(block, layers[0]),
      index: places[layers[0]].blockIndex ?? 0,
    }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index || a.layers[0] - b.layers[0])
    .map(({ block, layers }) => ({
      block,
      layers: [...layers].sort((a, b) => kindRank(places[a].kind) - kindRank(places[b].kind) || a - b),
    }));
}

/** A column of the model map. */
export interface MapColumn {
  /** The whole name: "block 12", "embed". */
  readonly block: string;
  /** Short, for the axis: "12", "embed". */
  readonly label: string;
  /** Columns of one band stand together, with a gap to the next: "block", "encoder", "decoder", "stage", or the name of an end. */
  readonly band: string;
}

/** A grid of layers. */
export interface ModelMap {
  /** From the input to the output. */
  readonly columns: readonly MapColumn[];
  /** Kinds, or ranges of layers ("31–60") where names tell no blocks. */
  readonly rows: readonly string[];
  /** cells[row][column]: position in the list that was given, or null where the model has no such layer. */
  readonly cells: readonly (readonly (number | null)[])[];
  /** False when names tell too few blocks: then the layers run through the rows in order. */
  readonly byBlock: boolean;
}

/** The model map: one column for each block, one row for each kind. */
export function modelMap(places: readonly LayerPlace[]): ModelMap {
  const groups = groupByBlock(places);
  const inBlocks = places.filter((place) => place.blockIndex !== null).length;
  const map = blockMap(places, groups);
  const area = map.rows.length * map.columns.length;
  if (inBlocks * 2 < places.length || area > 4 * places.length + 60) return ribbonMap(groups);
  return map;
}

function blockMap(places: readonly LayerPlace[], groups: readonly BlockGroup[]): ModelMap {
  const columns = groups.map(({ block, layers }): MapColumn => {
    const side = places[layers[0]].blockIndex === null ? "" : sideOf(block);
    return side === ""
      ? { block, label: block || "other", band: block || "other" }
      : { block, label: block.slice(side.length + 1), band: side };
  });
  // Rows in three zones, so that the kinds of the ends stand above and below those of the blocks.
  const zoneOf = (group: BlockGroup): number => {
    if (places[group.layers[0]].blockIndex !== null) return 1;
    return groups.indexOf(group) < groups.findIndex((g) => places[g.layers[0]].blockIndex !== null) ? 0 : 2;
  };
  const rowKeys: { key: string; zone: number; kind: string; order: number }[] = [];
  const rowAt = new Map<string, number>();
  const placed: { row: string; column: number; layer: number }[] = [];
  for (const [column, group] of groups.entries()) {
    const zone = zoneOf(group);
    const seen = new Map<string, number>();
    for (const layer of group.layers) {
      const kind = places[layer].kind;
      const nth = (seen.get(kind) ?? 0) + 1;
      seen.set(kind, nth);
      const key = JSON.stringify([zone, kind, nth]);
      if (!rowAt.has(key)) {
        rowAt.set(key, rowKeys.length);
        rowKeys.push({ key, zone, kind: nth === 1 ? kind : `${kind} (${nth})`, order: rowKeys.length });
      }
      placed.push({ row: key, column, layer });
    }
  }
  rowKeys.sort((a, b) => a.zone - b.zone || kindRank(a.kind) - kindRank(b.kind) || a.order - b.order);
  for (const [at, row] of rowKeys.entries()) rowAt.set(row.key, at);
  const cells = rowKeys.map(() => columns.map((): number | null => null));
  for (const { row, column, layer } of placed) cells[rowAt.get(row) ?? 0][column] = layer;
  return { columns, rows: rowKeys.map((row) => row.kind), cells, byBlock: true };
}

/** Columns of a map that has no blocks. */
const ribbonColumns = 30;

function ribbonMap(groups: readonly BlockGroup[]): ModelMap {
  const order = groups.flatMap((group) => group.layers);
  const columns = Array.from({ length: ribbonColumns }, (_, k) => ({ block: "", label: String(k + 1), band: "layer" }));
  const rows: string[] = [];
  const cells: (number | null)[][] = [];
  for (let start = 0; start < order.length; start += ribbonColumns) {
    rows.push(`${start + 1}–${Math.min(order.length, start + ribbonColumns)}`);
    cells.push(columns.map((_, k) => order[start + k] ?? null));
  }
  return { columns, rows, cells, byBlock: false };
}
