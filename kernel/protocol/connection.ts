import { readFileSync } from "node:fs";
import { CodebookError } from "../errors";
import { isJsonObject } from "./message";

/** What a connection file says: where to listen, and the keys. */
export interface Connection {
  transport: "tcp" | "ipc";
  /** Address for tcp, path prefix for ipc. */
  ip: string;
  ports: { shell: number; control: number; stdin: number; iopub: number; heartbeat: number };
  /** Key of the signatures; empty: messages are not signed. */
  key: string;
  /** CurveZMQ key pair of this kernel (Z85), when the transport is to be encrypted. */
  curve?: { publicKey: string; secretKey: string };
}

/** Raised for a connection file that cannot be used. */
export class ConnectionError extends CodebookError {
  constructor(file: string, problem: string, options?: { cause?: unknown }) {
    super("CONNECTION", `connection file ${file}: ${problem}`, options);
  }
}

/** Reads and checks a connection file. `ConnectionError` says what is wrong with it. */
export function readConnection(file: string): Connection {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConnectionError(file, "cannot be read; Jupyter writes it when it starts a kernel", { cause });
  }
  return parseConnection(text, file);
}

/** The connection that the text of a connection file describes. `ConnectionError` names `file`. */
export function parseConnection(text: string, file: string): Connection {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConnectionError(file, "is not JSON");
  }
  if (!isJsonObject(value)) throw new ConnectionError(file, "is not a JSON object");
  const info = value;
  const string = (name: string, fallback: string): string => {
    const field = info[name] ?? fallback;
    if (typeof field !== "string") throw new ConnectionError(file, `"${name}" is not a string`);
    return field;
  };
  const port = (name: string): number => {
    const field = info[name];
    if (typeof field !== "number" || !Number.isInteger(field) || field < 1 || field > 65_535)
      throw new ConnectionError(file, `"${name}" is not a port number from 1 to 65535`);
    return field;
  };
  const transport = string("transport", "tcp");
  if (transport !== "tcp" && transport !== "ipc")
    throw new ConnectionError(file, `"transport" is ${JSON.stringify(transport)}; it is "tcp" or "ipc"`);
  const scheme = string("signature_scheme", "hmac-sha256");
  const key = string("key", "");
  if (key !== "" && scheme !== "hmac-sha256")
    throw new ConnectionError(file, `"signature_scheme" is ${JSON.stringify(scheme)}; only "hmac-sha256" is known`);
  const publicKey = string("curve_publickey", "");
  const secretKey = string("curve_secretkey", "");
  if ((publicKey === "") !== (secretKey === ""))
    throw new ConnectionError(file, `has one of "curve_publickey" and "curve_secretkey" but not the other`);
  if (publicKey !== "" && (publicKey.length !== 40 || secretKey.length !== 40))
    throw new ConnectionError(file, "a CurveZMQ key is not 40 characters of Z85");
  return {
    transport,
    ip: string("ip", "127.0.0.1"),
    ports: {
      shell: port("shell_port"),
      control: port("control_port"),
      stdin: port("stdin_port"),
      iopub: port("iopub_port"),
      heartbeat: port("hb_port"),
    },
    key,
    ...(publicKey === "" ? {} : { curve: { publicKey, secretKey } }),
  };
}
