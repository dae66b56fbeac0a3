import { parentPort, workerData } from "node:worker_threads";
import { readConnection } from "../protocol/connection";
import { Signer } from "../protocol/signature";
import { bindSockets } from "./sockets";
import type { ToSession, ToTransport, TransportData } from "./shared";
import { Transport } from "./transport";

/** The transport thread: reads the connection file, binds the sockets, and serves them until the kernel ends. */
async function start(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error("the transport runs in a worker thread");
  const data = workerData as TransportData;
  const tell = (message: ToSession): void => port.postMessage(message);
  try {
    const connection = readConnection(data.connectionFile);
    const sockets = await bindSockets(connection);
    const transport = new Transport(sockets, new Signer(connection.key), connection, data, tell);
    port.on("message", (message: ToTransport) => transport.receive(message));
    transport.serve();
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

void start();
