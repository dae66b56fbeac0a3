/** The sockets of a kernel, bound to addresses of this machine. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { curveKeyPair, Dealer, Request, Subscriber } from "zeromq";
import type { Connection } from "../../kernel/protocol/connection";
import { bindSockets, closeSockets, type Sockets } from "../../kernel/transport/sockets";

describe("the five sockets of a kernel", () => {
  const open: { close(): void }[] = [];
  const bound: Sockets[] = [];
  afterEach(() => {
    bound.splice(0).forEach(closeSockets);
    open.splice(0).forEach((socket) => socket.close());
  });

  async function freePorts(): Promise<Connection["ports"]> {
    const servers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return server;
      }),
    );
    const [shell, control, stdin, iopub, heartbeat] = servers.map((server) => (server.address() as AddressInfo).port);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    return { shell, control, stdin, iopub, heartbeat };
  }
  const connectionOf = async (more: Partial<Connection> = {}): Promise<Connection> => ({
    transport: "tcp",
    ip: "127.0.0.1",
    ports: await freePorts(),
    key: "",
    ...more,
  });
  async function bind(connection: Connection): Promise<Sockets> {
    const sockets = await bindSockets(connection);
    bound.push(sockets);
    return sockets;
  }
  const opened = <T extends { close(): void }>(socket: T): T => (open.push(socket), socket);

  test("listen at the ports of their names, and answer whom they heard", async () => {
    const connection = await connectionOf();
    const sockets = await bind(connection);
    for (const name of ["shell", "control", "stdin", "heartbeat"] as const) {
      const client = opened(new Dealer({ linger: 0 }));
      client.connect(`tcp://127.0.0.1:${connection.ports[name]}`);
      await client.send(`to ${name}`);
      const [identity, text] = await sockets[name].receive();
      expect(text.toString()).toBe(`to ${name}`);
      await sockets[name].send([identity, "back"]);
      expect(String(await client.receive())).toBe("back");
    }
  });

  test("at a path each has the path with its port behind it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ipc-"));
    try {
      const ports = { shell: 1, control: 2, stdin: 3, iopub: 4, heartbeat: 5 };
      const sockets = await bind(await connectionOf({ transport: "ipc", ip: join(folder, "k"), ports }));
      for (const [name, port] of Object.entries(ports))
        expect(sockets[name as keyof Sockets].lastEndpoint).toBe(`ipc://${join(folder, "k")}-${port}`);
    } finally {
      bound.splice(0).forEach(closeSockets);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("let a subscriber in when they are told to, and dismiss a topic", async () => {
    const connection = await connectionOf();
    const { iopub } = await bind(connection);
    const client = opened(new Subscriber({ linger: 0 }));
    client.connect(`tcp://127.0.0.1:${connection.ports.iopub}`);
    for (const topic of ["a", "b"]) {
      client.subscribe(topic);
      expect(String(await iopub.receive())).toBe(`\u0001${topic}`);
      await iopub.send([`${topic}, before it was let in`]);
      iopub.accept(Buffer.from(topic));
    }
    await iopub.send(["a, first"]);
    iopub.dismiss(Buffer.from("a"));
    await iopub.send(["a, second"]);
    await iopub.send(["b, last"]);
    expect([String(await client.receive()), String(await client.receive())]).toEqual(["a, first", "b, last"]);
  });

  test("say when nobody takes a question, and drop an answer that nobody takes", async () => {
    const connection = await connectionOf();
    const { shell, stdin } = await bind(connection);
    // Before any client came, and when another one is there.
    await expect(stdin.send(["nobody", "?"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
    await expect(shell.send(["nobody", "!"])).resolves.toBeUndefined();
    const client = opened(new Dealer({ linger: 0 }));
    client.connect(`tcp://127.0.0.1:${connection.ports.stdin}`);
    await client.send("here");
    await stdin.receive();
    await expect(stdin.send(["nobody", "?"])).rejects.toMatchObject({ code: "EHOSTUNREACH" });
  });

  test("take no more than they must: limits on what comes in, none on answers, and a wait for slow subscribers", async () => {
    const { shell, control, stdin, iopub, heartbeat } = await bind(await connectionOf());
    for (const socket of [shell, control, stdin])
      expect([socket.maxMessageSize, socket.sendHighWaterMark, socket.linger]).toEqual([256 * 2 ** 20, 0, 1_000]);
    expect([iopub.maxMessageSize, iopub.sendHighWaterMark, iopub.sendTimeout]).toEqual([4_096, 1_000, 0]);
    expect([heartbeat.maxMessageSize, heartbeat.linger, iopub.linger]).toEqual([4_096, 1_000, 1_000]);
  });

  test("are encrypted, every one, where the connection has keys", async () => {
    const { publicKey, secretKey } = curveKeyPair();
    const connection = await connectionOf({ curve: { publicKey, secretKey } });
    const sockets = await bind(connection);
    expect(Object.values(sockets).map(({ curveServer }) => curveServer)).toEqual(Array(5).fill(true));
    const own = curveKeyPair();
    const client = opened(
      new Request({
        linger: 0,
        curveServerKey: publicKey,
        curvePublicKey: own.publicKey,
        curveSecretKey: own.secretKey,
      }),
    );
    client.connect(`tcp://127.0.0.1:${connection.ports.heartbeat}`);
    await client.send("ping");
    expect((await sockets.heartbeat.receive()).at(-1)?.toString()).toBe("ping");
    expect(Object.values(await bind(await connectionOf())).map(({ curveServer }) => curveServer)).toEqual(
      Array(5).fill(false),
    );
  });

  test("are closed, all of them, when one address is taken", async () => {
    const first = await connectionOf();
    await bind(first);
    const ports = await freePorts();
    await expect(bindSockets({ ...first, ports: { ...ports, heartbeat: first.ports.heartbeat } })).rejects.toThrow();
    // The addresses that it had bound are free again, as soon as ZeroMQ's own thread has let go of them.
    let again: Sockets | undefined;
    for (let attempt = 0; again === undefined && attempt < 100; attempt++) {
      again = await bindSockets({ ...first, ports }).catch(() => undefined);
      if (again === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(again).toBeDefined();
    if (again) bound.push(again);
  });

  test("are closed together", async () => {
    const sockets = await bind(await connectionOf());
    closeSockets(sockets);
    expect(Object.values(sockets).map(({ closed }) => closed)).toEqual(Array(5).fill(true));
  });
});
