import { threadId } from "node:worker_threads";
import { taskModule } from "../../kernel/threads/tasks";

/** A second module of tasks for the pool's tests. */
export const tasks = taskModule(__filename, {
  /** Which thread this is, and which modules of the folder it has loaded. */
  identity: (folder: string) => ({
    thread: threadId,
    loaded: Object.keys(require.cache).filter((file) => file.startsWith(folder)),
  }),
});
