import { onComm, openComm } from "../kernel/comm";
import { CodebookError } from "../kernel/errors";
import { setHostProvider, type Comm, type CommHost } from "../kernel/host";

const comm: Comm = { id: "1", target: "map", send() {}, onMessage() {}, onClose() {}, close() {} };

describe("comms of a cell", () => {
  const calls: unknown[][] = [];
  const host: CommHost = {
    open: (...args) => (calls.push(["open", ...args]), comm),
    registerTarget: (...args) => void calls.push(["register", ...args]),
  };
  beforeEach(() => calls.splice(0));
  afterEach(() => setHostProvider(() => ({})));

  test("open with data, metadata and buffers in the host's order", () => {
    setHostProvider(() => ({ comm: host }));
    const buffers = [Uint8Array.of(1, 2)];
    expect(openComm("map", { a: 1 }, { metadata: { b: 2 }, buffers })).toBe(comm);
    expect(calls).toEqual([["open", "map", { a: 1 }, { b: 2 }, buffers]]);
  });

  test("open with an empty object where no data is given", () => {
    setHostProvider(() => ({ comm: host }));
    openComm("map");
    expect(calls).toEqual([["open", "map", {}, undefined, undefined]]);
  });

  test("hand their handler to the host", () => {
    setHostProvider(() => ({ comm: host }));
    const handler = () => {};
    onComm("map", handler);
    expect(calls).toEqual([["register", "map", handler]]);
  });

  test("are an error with a code outside of a notebook", () => {
    for (const attempt of [() => openComm("map"), () => onComm("map", () => {})]) {
      expect(attempt).toThrow(CodebookError);
      expect(attempt).toThrow(expect.objectContaining({ code: "NO_FRONT_END" }));
    }
  });
});
