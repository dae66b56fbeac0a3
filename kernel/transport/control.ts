import type { Connection } from "../protocol/connection";
import type { Channel, JsonObject, Message } from "../protocol/message";
import type { CommTable } from "./comm-table";
import { kernelInformation, UsageMeter } from "./information";
import type { Publisher } from "./publisher";
import type { Lanes } from "./lanes";

/** Requests that need no cell, answered by the transport thread at once, however busy the main thread is. */
export class ControlRequests {
  readonly #information = JSON.stringify(kernelInformation());
  readonly #usage = new UsageMeter();

  constructor(
    private readonly connection: Connection,
    private readonly publisher: Publisher,
    private readonly lanes: Lanes,
    private readonly comms: CommTable,
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
    this.lanes.sayBusy();
    if (type === "interrupt_request") this.kernel.interrupt();
    if (type === "shutdown_request") this.kernel.shutdown(message.content.restart === true);
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
        return JSON.stringify({ status: "ok", comms: this.comms.list(wanted) });
      }
      case "create_subshell_request":
        return JSON.stringify({ status: "ok", subshell_id: this.lanes.createSubshell() });
      case "list_subshell_request":
        return JSON.stringify({ status: "ok", subshell_id: this.lanes.subshells });
      case "delete_subshell_request": {
        const id = content.subshell_id;
        if (typeof id === "string" && this.lanes.deleteSubshell(id)) return JSON.stringify({ status: "ok" });
        const evalue = `there is no subshell ${JSON.stringify(id) ?? "without an id"}`;
        return JSON.stringify({ status: "error", ename: "SubshellError", evalue, traceback: [] });
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
