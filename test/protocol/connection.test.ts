import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodebookError } from "../../kernel/errors";
import { ConnectionError, parseConnection, readConnection } from "../../kernel/protocol/connection";

const ports = { shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 };
const parse = (more: object): ReturnType<typeof parseConnection> =>
  parseConnection(JSON.stringify({ ...ports, key: "k", ip: "10.0.0.7", ...more }), "kernel-1.json");

test("reads addresses and keys", () => {
  expect(parse({})).toEqual({
    transport: "tcp",
    ip: "10.0.0.7",
    ports: { shell: 1, control: 2, stdin: 3, iopub: 4, heartbeat: 5 },
    key: "k",
  });
  const curve = { curve_publickey: "p".repeat(40), curve_secretkey: "s".repeat(40) };
  expect(parse({ transport: "ipc", ...curve })).toMatchObject({
    transport: "ipc",
    curve: { publicKey: "p".repeat(40), secretKey: "s".repeat(40) },
  });
});

test("what a file leaves out is TCP on this machine, without a key", () => {
  expect(parseConnection(JSON.stringify(ports), "f")).toMatchObject({ transport: "tcp", ip: "127.0.0.1", key: "" });
});

test("the scheme of the signatures matters where there is a key", () => {
  expect(parse({ key: "", signature_scheme: "hmac-md5" }).key).toBe("");
  expect(parse({ signature_scheme: "hmac-sha256" }).key).toBe("k");
});

test("ports go from 1 to 65535", () => {
  expect(parse({ hb_port: 65_535 }).ports.heartbeat).toBe(65_535);
  for (const port of [0, -1, 65_536, 1.5, "5", null])
    for (const name of Object.keys(ports))
      expect(() => parse({ [name]: port })).toThrow(`"${name}" is not a port number from 1 to 65535`);
});

test.each([
  [{ transport: "udp" }, '"transport" is "udp"; it is "tcp" or "ipc"'],
  [{ signature_scheme: "hmac-md5" }, '"signature_scheme" is "hmac-md5"; only "hmac-sha256" is known'],
  [{ curve_publickey: "p".repeat(40) }, "but not the other"],
  [{ curve_secretkey: "s".repeat(40) }, "but not the other"],
  [{ curve_publickey: "p", curve_secretkey: "s".repeat(40) }, "40 characters"],
  [{ curve_publickey: "p".repeat(40), curve_secretkey: "s" }, "40 characters"],
  [{ key: 7 }, '"key" is not a string'],
  [{ ip: 7 }, '"ip" is not a string'],
])("refuses %j", (more, problem) => {
  expect(() => parse(more)).toThrow(problem);
});

test("refuses what is no JSON object", () => {
  expect(() => parseConnection("{", "f")).toThrow("connection file f: is not JSON");
  for (const text of ["[]", "null", '"text"'])
    expect(() => parseConnection(text, "f")).toThrow("connection file f: is not a JSON object");
});

test("a file is read, and one that cannot be read is named, with the cause", () => {
  const folder = mkdtempSync(join(tmpdir(), "connection-"));
  try {
    const file = join(folder, "kernel.json");
    writeFileSync(file, JSON.stringify({ ...ports, key: "schlüssel" }));
    expect(readConnection(file)).toMatchObject({ key: "schlüssel", ports: { shell: 1 } });
    const missing = join(folder, "none.json");
    let raised: unknown;
    try {
      readConnection(missing);
    } catch (error) {
      raised = error;
    }
    expect(raised).toBeInstanceOf(ConnectionError);
    expect(raised).toBeInstanceOf(CodebookError);
    expect(raised).toMatchObject({
      code: "CONNECTION",
      message: `connection file ${missing}: cannot be read; Jupyter writes it when it starts a kernel`,
      cause: expect.objectContaining({ code: "ENOENT" }) as object,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
