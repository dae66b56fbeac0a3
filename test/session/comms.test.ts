import { AsyncLocalStorage } from "node:async_hooks";
import { Comms } from "../../kernel/session/comms";
import type { Comm } from "../../kernel/session/language/types";

function comms() {
  const sent: unknown[][] = [];
  return { comms: new Comms((...all) => sent.push(all)), sent };
}

describe("a comm that a cell opens", () => {
  test("says so with its target, data, metadata and buffers, and sends until it is closed", () => {
    const { comms: own, sent } = comms();
    const buffers = [Uint8Array.of(1)];
    const comm = own.open("target", { a: 1 }, { m: 2 }, buffers);
    comm.send({ b: 1 });
    comm.close({ c: 1 });
    comm.close();
    expect(sent).toEqual([
      ["comm_open", { comm_id: comm.id, target_name: "target", data: { a: 1 } }, { m: 2 }, buffers],
      ["comm_msg", { comm_id: comm.id, data: { b: 1 } }, {}, []],
      ["comm_close", { comm_id: comm.id, data: { c: 1 } }, {}, []],
    ]);
    expect(() => comm.send({})).toThrow(`the comm ${comm.id} (target) is closed`);
  });

  test("has an id of its own", () => {
    const { comms: own } = comms();
    expect(own.open("t").id).not.toBe(own.open("t").id);
  });

  test("hears its own messages only, by the handler that was set last, until the other end closes", () => {
    const { comms: own } = comms();
    const heard: unknown[] = [];
    const [one, two] = [own.open("t"), own.open("t")];
    one.onMessage(() => heard.push("replaced"));
    one.onMessage(({ data }) => heard.push(["one", data]));
    two.onMessage(({ data }) => heard.push(["two", data]));
    one.onClose(({ data }) => heard.push(["closed", data]));
    own.receive("comm_msg", { comm_id: one.id, data: 1 }, {}, []);
    own.receive("comm_msg", { comm_id: two.id, data: 2 }, {}, []);
    own.receive("comm_close", { comm_id: one.id, data: 3 }, {}, []);
    own.receive("comm_close", { comm_id: one.id, data: 4 }, {}, []);
    own.receive("comm_msg", { comm_id: one.id, data: 5 }, {}, []);
    expect(heard).toEqual([
      ["one", 1],
      ["two", 2],
      ["closed", 3],
    ]);
    expect(() => one.send({})).toThrow("is closed");
  });
});

test("a comm that nobody listens to takes messages all the same, and its end", () => {
  const { comms: own } = comms();
  const comm = own.open("t");
  own.receive("comm_msg", { comm_id: comm.id, data: 1 }, {}, []);
  own.receive("comm_close", { comm_id: comm.id }, {}, []);
  expect(() => comm.send({})).toThrow("is closed");
});

test("a message comes with its metadata and buffers, an opening and a closing one too", () => {
  const { comms: own } = comms();
  const heard: unknown[] = [];
  own.registerTarget("t", (comm, opened) => {
    heard.push(opened);
    comm.onMessage((message) => heard.push(message));
    comm.onClose((message) => heard.push(message));
  });
  const buffers = [Uint8Array.of(1)];
  const content = { comm_id: "c", target_name: "t", data: { a: 1 } };
  for (const type of ["comm_open", "comm_msg", "comm_close"]) own.receive(type, content, { m: type }, buffers);
  expect(heard).toEqual(
    ["comm_open", "comm_msg", "comm_close"].map((type) => ({ data: { a: 1 }, metadata: { m: type }, buffers })),
  );
});

test("what a comm sends and closes with goes out whole, once each", () => {
  const { comms: own, sent } = comms();
  const comm = own.open("t");
  const buffers = [Uint8Array.of(1)];
  comm.send({ a: 1 }, { m: 1 }, buffers);
  comm.close({ b: 2 }, { m: 2 }, buffers);
  expect(sent.slice(1)).toEqual([
    ["comm_msg", { comm_id: comm.id, data: { a: 1 } }, { m: 1 }, buffers],
    ["comm_close", { comm_id: comm.id, data: { b: 2 } }, { m: 2 }, buffers],
  ]);
  const bare = own.open("t");
  bare.close();
  expect(sent.slice(3)).toEqual([
    ["comm_open", { comm_id: bare.id, target_name: "t", data: {} }, {}, []],
    ["comm_close", { comm_id: bare.id, data: {} }, {}, []],
  ]);
});

test("handlers run in the context in which they were set", () => {
  const storage = new AsyncLocalStorage<string>();
  const { comms: own } = comms();
  const heard: unknown[] = [];
  const comm = own.open("t");
  storage.run("the cell", () => {
    own.registerTarget("t", () => heard.push(["opened", storage.getStore()]));
    comm.onMessage(() => heard.push(["message", storage.getStore()]));
    comm.onClose(() => heard.push(["closed", storage.getStore()]));
  });
  storage.run("elsewhere", () => {
    own.receive("comm_open", { comm_id: "c", target_name: "t" }, {}, []);
    own.receive("comm_msg", { comm_id: comm.id }, {}, []);
    own.receive("comm_close", { comm_id: comm.id }, {}, []);
  });
  expect(heard).toEqual([
    ["opened", "the cell"],
    ["message", "the cell"],
    ["closed", "the cell"],
  ]);
});

describe("a comm that a front end opens", () => {
  test("goes to the handler of its target, with its id and data", () => {
    const { comms: own, sent } = comms();
    const opened: [string, string, unknown][] = [];
    own.registerTarget("t", () => opened.push(["", "replaced", 0]));
    own.registerTarget("t", (comm, { data }) => {
      opened.push([comm.id, comm.target, data]);
      comm.send("hello");
    });
    own.receive("comm_open", { comm_id: "c", target_name: "t", data: 1 }, {}, []);
    expect(opened).toEqual([["c", "t", 1]]);
    expect(sent).toEqual([["comm_msg", { comm_id: "c", data: "hello" }, {}, []]]);
  });

  test("is closed where nobody knows its target", () => {
    const { comms: own, sent } = comms();
    own.receive("comm_open", { comm_id: "c", target_name: "unknown" }, {}, []);
    own.receive("comm_open", { comm_id: "d" }, {}, []);
    expect(sent.map(([type, content]) => [type, content])).toEqual([
      ["comm_close", { comm_id: "c", data: {} }],
      ["comm_close", { comm_id: "d", data: {} }],
    ]);
  });

  test("is closed when its handler throws, and the error comes through", () => {
    const { comms: own, sent } = comms();
    let kept: Comm | undefined;
    own.registerTarget("t", (comm) => {
      kept = comm;
      throw new Error("in the handler");
    });
    expect(() => own.receive("comm_open", { comm_id: "c", target_name: "t" }, {}, [])).toThrow("in the handler");
    expect(sent.map(([type]) => type)).toEqual(["comm_close"]);
    expect(() => kept?.send({})).toThrow("is closed");
  });
});

test("messages without an id, or of an unknown comm, do nothing", () => {
  const { comms: own, sent } = comms();
  own.receive("comm_msg", { data: 1 }, {}, []);
  own.receive("comm_msg", { comm_id: "unknown", data: 1 }, {}, []);
  own.receive("comm_close", { comm_id: "unknown" }, {}, []);
  own.receive("comm_open", { comm_id: 7, target_name: "t" }, {}, []);
  expect(sent).toEqual([]);
});
