import { randomUUID } from "node:crypto";
import type { Message } from "../protocol/message";
import type { CommTable } from "./comm-table";
import type { Publisher } from "./publisher";
import { ShellQueue, type End, type Numbered } from "./shell-queue";
import type { Request } from "./shared";

/** Requests that are answered while a cell awaits. Those of comms join them once their comm is known. */
const BESIDE = new Set(["complete_request", "inspect_request", "is_complete_request", "history_request"]);
/** How many requests may wait beside the cells before the shell channel is read no further: ZeroMQ then holds the client back. */
const MAX_WAITING = 4_096;
/** Milliseconds after which a lane whose subscribers were behind is looked at again. */
const LATER_MS = 5;

/** The requests of the shell channel in their lanes: cells one after the other; beside them comms and the questions of editors, which
 *  overtake the cells that wait and are answered while one awaits; and a lane for each subshell (JEP 91).
 *
 *  A cell never overtakes what came before it in either lane, so that whoever sends a comm message and then a cell finds the message handled.
 *  A message to a comm whose opening still waits behind cells waits behind them too. */
export class Lanes {
  readonly #cells: ShellQueue;
  readonly #beside: ShellQueue;
  readonly #subshells = new Map<string, ShellQueue>();
  /** The lane of each request that runs; that of a deleted subshell is nowhere else. */
  readonly #lanes = new Map<number, ShellQueue>();
  /** How many messages of a comm wait or run among the cells. */
  readonly #commsAmongCells = new Map<string, number>();
  #count = 0;
  #later: NodeJS.Timeout | undefined;
  #room: (() => void) | undefined;
  #stopped = false;
  /** The newest request that was started; 0 before the first. */
  latest = 0;

  constructor(
    private readonly publisher: Publisher,
    private readonly comms: CommTable,
    private readonly tell: (request: Request) => void,
  ) {
    this.#beside = this.#lane({
      mayStart: () => !this.#isHeldBack(),
      onEnd: () => {
        this.#cells.next();
        if (this.#beside.length <= MAX_WAITING) this.#room?.();
      },
    });
    this.#cells = this.#lane({
      mayStart: ({ id }) => (this.#beside.oldest ?? Infinity) > id,
      onEnd: ({ message }) => this.#countComm(message, -1),
    });
  }

  /** The request that runs among the cells, if any. */
  get cell(): Numbered | undefined {
    return this.#cells.running;
  }

  /** Every request that the session has and has not answered yet: the one among the cells first. */
  get running(): Numbered[] {
    const others = [...this.#lanes.values()].filter((lane) => lane !== this.#cells);
    return [this.#cells, ...others].flatMap(({ running }) => running ?? []);
  }

  /** The ids of the subshells. */
  get subshells(): string[] {
    return [...this.#subshells.keys()];
  }

  add(message: Message): void {
    this.#count += 1;
    const one = { id: this.#count, message };
    this.publisher.rememberParent(one.id, message.header);
    const lane = this.#laneOf(message);
    if (lane === this.#cells) this.#countComm(message, 1);
    if (lane) lane.add(one);
    else
      this.#refuse(one, `there is no subshell ${JSON.stringify(message.header.subshell_id)}; it may have been deleted`);
  }

  /** Answers a request that runs, and starts the next of its lane. Then it says again that the cell is busy that still runs: front ends take
   *  the last status as the kernel's. */
  finish(end: End): void {
    const lane = this.#lanes.get(end.request);
    if (!lane) return;
    this.#lanes.delete(end.request);
    lane.finish(end);
    if (lane !== this.#cells) this.sayBusy();
  }

  /** Says that the cell which runs, if one does, is busy. */
  sayBusy(): void {
    if (this.cell) this.publisher.publishStatus("busy", this.publisher.parentOf(this.cell.id));
  }

  /** Opens a subshell, and returns its id. */
  createSubshell(): string {
    const id = randomUUID();
    this.#subshells.set(id, this.#lane({}));
    return id;
  }

  /** Closes a subshell: what runs in it goes on to its end, what waits in it is refused. False for an unknown id. */
  deleteSubshell(id: string): boolean {
    const lane = this.#subshells.get(id);
    if (!lane) return false;
    this.#subshells.delete(id);
    for (const one of lane.clear()) this.#refuse(one, `its subshell ${JSON.stringify(id)} was deleted`);
    return true;
  }

  /** Starts no more requests. */
  stop(): void {
    this.#stopped = true;
    for (const lane of [this.#cells, this.#beside, ...this.#subshells.values()]) lane.stop();
    clearTimeout(this.#later);
    this.#room?.();
  }

  /** Resolves when there is room for further requests. */
  async room(): Promise<void> {
    if (this.#stopped || this.#beside.length < MAX_WAITING) return;
    await new Promise<void>((resolve) => (this.#room = resolve));
    this.#room = undefined;
  }

  #lane(rules: { mayStart?(next: Numbered): boolean; onEnd?(done: Numbered): void }): ShellQueue {
    const lane = new ShellQueue(
      this.publisher,
      (request) => {
        this.#lanes.set(request.id, lane);
        this.latest = request.id;
        this.tell(request);
      },
      {
        ...rules,
        onEnd: (done) => {
          // A cell's timers may print for hours after its end; what other requests print, they print before.
          if (done.message.header.msg_type !== "execute_request") this.publisher.forgetParent(done.id);
          rules.onEnd?.(done);
        },
      },
    );
    return lane;
  }

  /** The lane of a message; undefined for a subshell that is not there. */
  #laneOf(message: Message): ShellQueue | undefined {
    const { msg_type: type, subshell_id: subshell } = message.header;
    if (subshell !== undefined && subshell !== null) return this.#subshells.get(String(subshell));
    if (!type.startsWith("comm_")) return BESIDE.has(type) ? this.#beside : this.#cells;
    const isBesideCells = this.comms.isKnown(message) && !this.#commsAmongCells.has(String(message.content.comm_id));
    return isBesideCells ? this.#beside : this.#cells;
  }

  #countComm({ header, content }: Message, change: 1 | -1): void {
    if (!header.msg_type.startsWith("comm_")) return;
    const id = String(content.comm_id);
    const count = (this.#commsAmongCells.get(id) ?? 0) + change;
    if (count > 0) this.#commsAmongCells.set(id, count);
    else this.#commsAmongCells.delete(id);
  }

  /** True while subscribers are behind: each request adds to what waits for them. */
  #isHeldBack(): boolean {
    if (!this.publisher.behind) return false;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.#beside.next(), LATER_MS);
    return true;
  }

  #refuse({ id, message }: Numbered, problem: string): void {
    const parent = this.publisher.parentOf(id);
    const { msg_type: type } = message.header;
    this.publisher.publishStatus("busy", parent);
    const content = {
      status: "error",
      ename: "SubshellError",
      evalue: problem,
      traceback: [`SubshellError: ${problem}`],
    };
    if (type.endsWith("_request"))
      void this.publisher.reply("shell", message, type.replace(/_request$/, "_reply"), JSON.stringify(content));
    this.publisher.publishStatus("idle", parent);
    this.publisher.forgetParent(id);
  }
}
