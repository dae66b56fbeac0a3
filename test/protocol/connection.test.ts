import { parseConnection } from "../../kernel/protocol/connection";

const ports = { shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 };
const parse = (more: object): ReturnType<typeof parseConnection> =>
  parseConnection(JSON.stringify({ ...ports, key: "k", ip: "127.0.0.1", ...more }), "kernel-1.json");

test("reads addresses and keys", () => {
  expect(parse({})).toEqual({
    transport: "tcp",
    ip: "127.0.0.1",
    ports: { shell: 1, control: 2, stdin: 3, iopub: 4, heartbeat: 5 },
    key: "k",
  });
  const curve = { curve_publickey: "p".repeat(40), curve_secretkey: "s".repeat(40) };
  expect(parse({ transport: "ipc", ...curve })).toMatchObject({
    transport: "ipc",
    curve: { publicKey: "p".repeat(40), secretKey: "s".repeat(40) },
  });
});

test.each([
  [{ transport: "udp" }, '"transport" is "udp"'],
  [{ shell_port: 0 }, '"shell_port" is not a port number'],
  [{ hb_port: "5" }, '"hb_port" is not a port number'],
  [{ signature_scheme: "hmac-md5" }, 'only "hmac-sha256" is known'],
  [{ curve_publickey: "p".repeat(40) }, "but not the other"],
  [{ curve_publickey: "p", curve_secretkey: "s" }, "40 characters"],
  [{ key: 7 }, '"key" is not a string'],
])("refuses %j", (more, problem) => {
  expect(() => parse(more)).toThrow(problem);
});

test("refuses what is no JSON object", () => {
  expect(() => parseConnection("{", "f")).toThrow("connection file f: is not JSON");
  expect(() => parseConnection("[]", "f")).toThrow("is not a JSON object");
});
