import { isJsonObject, type JsonObject, type Message } from "../protocol/message";

/** What the transport knows of the comms of a session: which are open, and which targets the session answers. By that it answers
 *  `comm_info_request` while cells compute, and lets messages of known comms overtake cells. */
export class CommTable {
  readonly #open = new Map<string, string>();
  readonly #targets = new Set<string>();

  /** The session answers comms to `target` from now on. */
  answers(target: string): void {
    this.#targets.add(target);
  }

  /** Notes a message of either end; `content` may be its JSON text. */
  note(type: string, content: JsonObject | string): void {
    if (type !== "comm_open" && type !== "comm_close") return;
    const fields: unknown = typeof content === "string" ? JSON.parse(content) : content;
    if (!isJsonObject(fields)) return;
    const { comm_id: id, target_name: target } = fields;
    if (typeof id !== "string") return;
    if (type === "comm_close") this.#open.delete(id);
    else this.#open.set(id, typeof target === "string" ? target : "");
  }

  /** True for a message to a comm that is open, and for one that opens a comm to a target that is answered. */
  isKnown({ header, content }: Message): boolean {
    if (header.msg_type === "comm_open") return this.#targets.has(String(content.target_name));
    return this.#open.has(String(content.comm_id));
  }

  /** The open comms to `target`, or all: id → `{ target_name }`, as `comm_info_reply` lists them. */
  list(target: string | null): Record<string, { target_name: string }> {
    const wanted = [...this.#open].filter(([, name]) => target === null || name === target);
    return Object.fromEntries(wanted.map(([id, name]) => [id, { target_name: name }]));
  }
}
