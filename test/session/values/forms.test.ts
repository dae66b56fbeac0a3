import { formsOf } from "../../../kernel/session/values/forms";

const gif = Buffer.from("R0lGODlhAQACAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

test("each kind of value has its forms", () => {
  const mimes = (value: unknown) => Object.keys(formsOf(value) ?? {})[0];
  expect(mimes(gif)).toBe("image/gif");
  expect(mimes(gif.buffer.slice(gif.byteOffset, gif.byteOffset + gif.length))).toBe("image/gif");
  expect(mimes([{ a: 1 }])).toBe("application/vnd.codebook.view+json");
  expect(mimes({ outerHTML: "<b>b</b>" })).toBe("text/html");
  expect(mimes({ data: [{ type: "bar", x: [1] }], layout: {} })).toBe("application/vnd.plotly.v1+json");
});

test("text, numbers, collections and proxies have text alone", () => {
  const values = [
    "<svg></svg>",
    5,
    null,
    undefined,
    new Map(),
    new Set(),
    /a/,
    new Date(0),
    5n,
    () => 1,
    new Uint8Array(99),
    {},
  ];
  for (const value of [...values, new Proxy({ outerHTML: "<b>" }, {})]) expect(formsOf(value)).toBeUndefined();
});

test("a value that throws, whatever is asked, is left to its text", () => {
  const throwing = () => {
    throw new Error("no");
  };
  const value = { toSpec: throwing, toDataURL: throwing, getContext: throwing, toBuffer: throwing };
  Object.defineProperty(value, "outerHTML", { get: throwing, enumerable: true });
  expect(formsOf(value)).toBeUndefined();
  const cycle: Record<string, unknown> = { type: "bar" };
  cycle.self = cycle;
  expect(formsOf({ data: [cycle], layout: {} })).toBeUndefined();
});
