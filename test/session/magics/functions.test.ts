import { installMagics } from "../../../kernel/session/magics/functions";
import { Recorder } from "../notebook";

test("the clock starts when its name is read, awaits a promise, and prints once", async () => {
  const recorder = new Recorder();
  const target: Record<string, unknown> = {};
  const remove = installMagics(target, { output: () => recorder, names: () => ["a", "b"] });
  const time = target.$time as (value: unknown) => unknown;
  expect(recorder.stdout).toBe("");
  expect(time(5)).toBe(5);
  expect(recorder.stdout.match(/Wall time/g)).toHaveLength(1);
  const later = (target.$time as typeof time)(Promise.resolve(6));
  expect(recorder.stdout.match(/Wall time/g)).toHaveLength(1);
  expect(await later).toBe(6);
  (target.$timed as () => void)();
  expect(recorder.stdout.match(/Wall time/g)).toHaveLength(3);
  (target.$who as () => void)();
  expect(recorder.stdout).toMatch(/a {2}b\n$/);
  remove();
  expect(Object.getOwnPropertyNames(target)).toEqual([]);
});
