// Written by scripts/methods.mjs from the methods in kernel/prune: npm run build -- kernel writes it again.

import { edgesPruner } from "../edges";
import { headsPruner } from "../heads";
import { layersPruner } from "../layers";
import { lowRankPruner } from "../low-rank";
import { magnitudePruner } from "../magnitude";
import { mergePruner } from "../merge";
import { nodesPruner } from "../nodes";

export * from "../edges";
export * from "../heads";
export * from "../layers";
export * from "../low-rank";
export * from "../magnitude";
export * from "../merge";
export * from "../nodes";

/** Each Pruner of the room. */
export const prunerRows = [edgesPruner, lowRankPruner, magnitudePruner, nodesPruner] as const;

/** Each StructuralPruner of the room. */
export const structuralRows = [headsPruner, layersPruner, mergePruner] as const;
