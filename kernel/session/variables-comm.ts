/** The list of variables for a panel of the front end: who opens a comm to "codebook.variables" gets it at once, when it asks, and after each
 *  cell. */
import type { Comm, CommHost } from "./language/types";

/** The name under which a panel opens its comm. */
export const variablesTarget = "codebook.variables";

/** The panels that are open. */
export class VariablesComm {
  private readonly open = new Set<Comm>();

  /** `list` gives the message: `{ variables, all }`. */
  constructor(
    comms: CommHost,
    private readonly list: () => object,
  ) {
    comms.registerTarget(variablesTarget, (comm) => {
      this.open.add(comm);
      comm.onMessage(() => comm.send(this.list()));
      comm.onClose(() => this.open.delete(comm));
      comm.send(this.list());
    });
  }

  /** Sends the list to the panels; nothing where there are none. */
  refresh(): void {
    if (this.open.size === 0) return;
    const message = this.list();
    for (const comm of this.open) comm.send(message);
  }
}
