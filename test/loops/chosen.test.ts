import { chosen } from "../../kernel/loops/chosen";

const before = process.env.CODEBOOK_LOOPS;
afterEach(() => {
  if (before === undefined) delete process.env.CODEBOOK_LOOPS;
  else process.env.CODEBOOK_LOOPS = before;
});

test("the fast loops, and the plain ones where the environment says plain and nothing else", () => {
  delete process.env.CODEBOOK_LOOPS;
  expect(chosen("plain loops", "fast loops")).toBe("fast loops");
  process.env.CODEBOOK_LOOPS = "plain";
  expect(chosen("plain loops", "fast loops")).toBe("plain loops");
  for (const other of ["", "Plain", "fast", "1"]) {
    process.env.CODEBOOK_LOOPS = other;
    expect(chosen("plain loops", "fast loops")).toBe("fast loops");
  }
});
