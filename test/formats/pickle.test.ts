import { FormatError } from "../../kernel/errors";
import { ParseBudget } from "../../kernel/formats/budget";
import { readPickle, readPickleAt } from "../../kernel/formats/pickle";
import type { PickleDict } from "../../kernel/formats/pickle-values";
import { acts, OpaqueBytes, PickleGlobal, PickleOpaque, PickleTuple } from "../../kernel/formats/pickle-values";

const world = {
  global: (name: string) => (acts(name) ? undefined : new PickleGlobal(name, (args) => new PickleOpaque(name, args))),
  persistent: (id: unknown) => id,
  budget: new ParseBudget("p", 1024),
};
const read = (text: string): unknown => readPickle(Buffer.from(text, "latin1"), "p", world);

it("makes opaque values of what is called, with what it was called with and given", () => {
  // An object of protocol 2: NEWOBJ, then BUILD with its attributes.
  const made = read("\x80\x02cnet\nConfig\n)\x81}U\x02lrG\x3f\xe0\0\0\0\0\0\0sb.") as PickleOpaque;
  expect([made.name, made.args]).toEqual(["net.Config", []]);
  expect((made.state as PickleDict).entries.get("lr")).toBe(0.5);
  // A list and a dict by their classes, and the result of a call that is called itself.
  expect((read("\x80\x02cnet\nNames\n)\x81(K\x01K\x02e.") as PickleOpaque).items).toEqual([1, 2]);
  expect((read("\x80\x02cnet\nTable\n)\x81U\x01aK\x01s.") as PickleOpaque).entries.get("a")).toBe(1);
  expect((read("\x80\x02cnet\npartial\n)R)R.") as PickleOpaque).name).toBe("net.partial");
});

it("keeps whole numbers of any length, texts of Python 2, and passes over bytes", () => {
  expect(read("\x80\x02\x8a\x09\0\0\0\0\0\0\0\0\x01.")).toBe(2n ** 64n);
  expect(read("\x80\x02\x8a\x02\xff\x7f.")).toBe(32767);
  expect(read("\x80\x02\x8a\0.")).toBe(0);
  expect(read("\x80\x02U\x02ab.")).toBe("ab");
  expect(read("\x80\x02U\x01\xff.")).toBeInstanceOf(OpaqueBytes);
  expect(read("\x80\x04C\x03abc.")).toMatchObject({ sizeBytes: 3 });
  expect((read("\x80\x04\x8f(K\x01\x90.") as PickleOpaque).items).toEqual([1]);
  expect(read("\x80\x02(K\x01K\x02l.") as unknown[]).toEqual([1, 2]);
  expect((read("\x80\x02}(K\x01K\x02\x86K\x03u.") as PickleDict).entries.size).toBe(1);
});

it("reads one of several pickles, from where it begins", () => {
  const bytes = Buffer.from("\x80\x02K\x07.\x80\x02K\x08\x85.rest", "latin1");
  const first = readPickleAt(bytes, 0, "p", world);
  expect(first).toEqual({ value: 7, end: 5 });
  const second = readPickleAt(bytes, first.end, "p", world);
  expect(second).toEqual({ value: new PickleTuple([8]), end: 11 });
  expect(() => readPickle(bytes, "p", world)).toThrow(
    new FormatError("p", 5, "10 bytes follow the end", "the end of the pickle"),
  );
});

it.each([
  ["os.system", true],
  ["posix.system", true],
  ["subprocess.Popen", true],
  ["builtins.eval", true],
  ["__builtin__.getattr", true],
  ["torch.hub.load", true],
  ["net.Net.__reduce__", true],
  ["builtins.set", false],
  ["__main__.Net", false],
  ["copyreg.__newobj_ex__", false],
  ["argparse.Namespace", false],
  ["numpy.random._pickle.__randomstate_ctor", false],
  ["torch.serialization._get_layout", false],
  ["oslo.config", false],
])("%s would run something: %s", (name, does) => expect(acts(name)).toBe(does));
