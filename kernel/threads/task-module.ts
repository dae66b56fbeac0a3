import { join } from "node:path";

/** The module that the pool's threads load; see recipe/worker.ts. */
export const workerModule = join(__dirname, "../recipe/worker.js");
