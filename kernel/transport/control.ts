import type { Connection } from "../protocol/connection";
import type { Channel, JsonObject, Message } from "../protocol/message";
import { kernelInformation, UsageMeter } from "./information";
import type { Publisher } from "./publisher";
import type { ShellQueue } from "./shell-queue";

/** Requests that need no cell, answered by the transport thread at once, however busy the main thread is. */
export class ControlRequests {
  readonly #information = JSON.stringify(kernelInformation());
  readonly #usage = new UsageMeter();
  readonly #comms = new Map<string, string>();

  constructor(
    private readonly connection: Connection,
    private readonly publisher: Publisher,
    private readonly queue: ShellQueue,
    private readonly kernel: { interrupt(): void; shutdown(restart: boolean): void },
  ) {}

  /** True for a shell request that need not wait for the cells before it. */
  answersAtOnce(type: string): boolean {
    return ["kernel_info_request", "connect_request", "comm_info_request", "shutdown_request"].includes(type);
  }

  answer(channel: Channel, message: Message): void {
    const parent = JSON.stringify(message.header);
    const type = message.header.msg_type;
    this.publisher.publishStatus("busy", parent);
    const reply = this.#content(type, message.content);
    if (reply !== undefined) void this.publisher.reply(channel, message, type.replace(/_request$/, "_reply"), reply);
    if (type === "shutdown_request") this.publisher.publish("shutdown_reply", parent, reply ?? "{}");
    this.publisher.publishStatus("idle", parent);
    // Front ends take the last status as the kernel's, so the status of a cell that is still running is said again.
    if (this.queue.running) this.publisher.publishStatus("busy", this.publisher.parentOf(this.queue.running.id));
    if (type === "interrupt_request") this.kernel.interrupt();
    if (type === "shutdown_request") this.kernel.shutdown(message.content.restart === true);
  }

  /** Keeps the list of open comms by a message that the session publishes; `content` is JSON text. */
  noteComm(type: string, content: string): void {
    if (type !== "comm_open" && type !== "comm_close") return;
    this.#note(type, JSON.parse(content) as JsonObject);
  }

  /** Keeps the list of open comms by a message of a client. */
  noteCommMessage(message: Message): void {
    this.#note(message.header.msg_type, message.content);
  }

  #note(type: string, { comm_id: id, target_name: target }: JsonObject): void {
    if (typeof id !== "string") return;
    if (type === "comm_close") this.#comms.delete(id);
    else if (type === "comm_open") this.#comms.set(id, typeof target === "string" ? target : "");
  }

  #content(type: string, content: JsonObject): string | undefined {
    switch (type) {
      case "kernel_info_request":
        return this.#information;
      case "connect_request": {
        const { shell, control, stdin, iopub, heartbeat } = this.connection.ports;
        // prettier-ignore
        return JSON.stringify({ status: "ok", shell_port: shell, control_port: control, stdin_port: stdin, iopub_port: iopub, hb_port: heartbeat });
      }
      case "comm_info_request": {
        const wanted =
          typeof content.target_name === "string" && content.target_name !== "" ? content.target_name : null;
        const open = [...this.#comms].filter(([, target]) => wanted === null || target === wanted);
        const comms = Object.fromEntries(open.map(([id, target]) => [id, { target_name: target }]));
        return JSON.stringify({ status: "ok", comms });
      }
      case "usage_request":
        return JSON.stringify(this.#usage.read());
      case "interrupt_request":
        return JSON.stringify({ status: "ok" });
      case "shutdown_request":
        return JSON.stringify({ status: "ok", restart: content.restart === true });
      default:
        return undefined;
    }
  }
}
