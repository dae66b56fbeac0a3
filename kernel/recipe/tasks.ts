import { join } from "node:path";

/** The module that the pool's threads load; see worker.ts. */
export const workerModule = join(__dirname, "worker.js");
