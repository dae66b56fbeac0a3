import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Replays } from "../../kernel/protocol/replays";

const folder = mkdtempSync(path.join(tmpdir(), "replays-"));
afterAll(() => rmSync(folder, { recursive: true }));
const date = (i: number): string => new Date(1_700_000_000_000 + i).toISOString();

test("a message is new once, however many came since, in a store of bounded size", () => {
  const replays = new Replays(100);
  for (let i = 0; i < 1_000; i++) expect(replays.isNew(`d${i}`, "s", date(i))).toBe(true);
  for (let i = 0; i < 1_000; i++) expect(replays.isNew(`d${i}`, "s", date(i))).toBe(false);
  expect(replays.isNew("d1000", "s", date(1_000))).toBe(true);
});

test("a message that comes a little late is new, and one of another session whatever its clock says", () => {
  const replays = new Replays(100);
  for (let i = 10; i < 100; i++) replays.isNew(`d${i}`, "s", date(i));
  expect(replays.isNew("late", "s", date(0))).toBe(true);
  for (let i = 100; i < 1_000; i++) replays.isNew(`d${i}`, "s", date(i));
  expect(replays.isNew("a slow clock", "t", date(-1e9))).toBe(true);
  expect(replays.isNew("too late", "s", date(0))).toBe(false);
});

test("what an earlier process took is not new, and what its clients send later is", () => {
  const file = path.join(folder, "kernel.replays");
  const first = new Replays(100, file);
  first.isNew("a", "s", date(5));
  first.isNew("b", "t", date(9));
  first.isNew("undated", "t", "");
  const second = new Replays(100, file);
  expect([second.isNew("a", "s", date(5)), second.isNew("b", "t", date(9))]).toEqual([false, false]);
  expect(second.isNew("undated", "u", "")).toBe(false);
  expect([second.isNew("c", "s", date(6)), second.isNew("e", "u", date(1)), second.isNew("f", "t", "")]).toEqual([
    true,
    true,
    true,
  ]);
  const third = new Replays(100, file);
  expect([third.isNew("c", "s", date(6)), third.isNew("e", "u", date(1)), third.isNew("f", "v", "")]).toEqual([
    false,
    false,
    false,
  ]);
  expect(statSync(file).mode & 0o77).toBe(0);
  third.discard();
  third.discard();
  expect(existsSync(file)).toBe(false);
});

test("sessions past the 8,192nd take the place of the oldest, none of whose messages is new again", () => {
  const file = path.join(folder, "many.replays");
  const replays = new Replays(10, file);
  for (let i = 0; i < 8_200; i++) expect(replays.isNew(`d${i}`, `s${i}`, date(i))).toBe(true);
  for (const again of [replays, new Replays(10, file)])
    for (const i of [0, 7, 8, 8_199]) expect(again.isNew(`d${i}`, `s${i}`, date(i))).toBe(false);
  expect(statSync(file).size).toBeLessThan(8_300 * 24);
});

test("messages without a date are counted, and refused past four times the count", () => {
  const replays = new Replays(3);
  for (let i = 0; i < 12; i++) expect(replays.isNew(`d${i}`, "s", "no date")).toBe(true);
  expect(["d0", "d11", "d12"].map((digest) => replays.isNew(digest, "s", ""))).toEqual([false, false, false]);
});

test("a client whose messages all have one date is heard all the same", () => {
  const replays = new Replays(10);
  for (let i = 0; i < 100; i++) expect(replays.isNew(`d${i}`, "s", date(1))).toBe(true);
  expect(replays.isNew("d99", "s", date(1))).toBe(false);
});

test("a file that cannot be written leaves the memory of this process", () => {
  const replays = new Replays(10, path.join(folder, "none", "x.replays"));
  expect([replays.isNew("a", "s", date(1)), replays.isNew("a", "s", date(1))]).toEqual([true, false]);
  replays.discard();
});
