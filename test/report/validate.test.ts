import fc from "fast-check";
import { Malformed } from "../../kernel/report/reader";
import { viewVersion } from "../../kernel/report/types";
import { validate } from "../../kernel/report/validate";

const checks = { disc: () => 1, cube: () => 2, cone: () => 3 };

test("hands a view to the check of its kind", () => {
  for (const version of [1, viewVersion])
    expect(validate({ version, kind: "cube" }, checks)).toEqual({ ok: true, view: 2 });
});

test("a newer version says so and what to do", () => {
  expect(validate({ version: 3, kind: "hologram" }, checks)).toEqual({
    ok: false,
    reason: "newer",
    sentence:
      "This figure was made by a newer version of Codebook (format 3; this extension reads 2). Update jupyterlab-codebook to see it.",
  });
});

test.each<[unknown, string]>([
  [{ version: 0 }, "version is 0"],
  [{ version: 1.5 }, "version is 1.5"],
  [{ version: "1" }, "version is not a finite number"],
  [{ version: 1 }, "kind is missing"],
  [{ version: 1, kind: "poster" }, 'kind is "poster"; this extension knows "disc", "cube" and "cone"'],
  [{ version: 1, kind: "toString" }, 'kind is "toString"; this extension knows "disc", "cube" and "cone"'],
  [null, "view is not an object"],
  ["text", "view is not an object"],
])("%j is refused: its %s", (data, problem) => {
  expect(validate(data, checks)).toEqual({
    ok: false,
    reason: "malformed",
    sentence: `This figure cannot be drawn: its ${problem}.`,
  });
});

test("fields of the prototype are not fields of the view", () => {
  const view = JSON.parse('{"__proto__": {"version": 1, "kind": "model"}}');
  expect(validate(view, checks)).toMatchObject({
    ok: false,
    sentence: "This figure cannot be drawn: its version is missing.",
  });
});

test("what a check finds is said with its place; another error is not swallowed", () => {
  const data = { version: 1, kind: "disc" };
  const fails = (error: Error) => () => {
    throw error;
  };
  expect(validate(data, { disc: fails(new Malformed("rim", "is square")) })).toMatchObject({
    sentence: "This figure cannot be drawn: its rim is square.",
  });
  expect(() => validate(data, { disc: fails(new TypeError("a bug")) })).toThrow("a bug");
});

test("nothing that JSON can hold makes it throw", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(validate(value, checks).ok).toBe(false);
    }),
    { seed: 20261123, numRuns: 2000 },
  );
});
