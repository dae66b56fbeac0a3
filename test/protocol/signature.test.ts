import { createHmac } from "node:crypto";
import { Signer } from "../../kernel/protocol/signature";

const frames = ["{}", "{}", "{}", '{"code":"1"}'].map((text) => Buffer.from(text));
const signed = (signer: Signer, parts = frames) => Buffer.from(signer.sign(parts));

describe("a signature", () => {
  test("is HMAC-SHA256 over the frames in their order", () => {
    const hmac = createHmac("sha256", "secret").update(Buffer.concat(frames)).digest("hex");
    expect(new Signer("secret").sign(frames)).toBe(hmac);
    expect(new Signer("secret").sign([...frames].reverse())).not.toBe(hmac);
  });

  test("takes the key as UTF-8", () => {
    expect(new Signer("schlüssel").sign(frames)).toBe(
      createHmac("sha256", Buffer.from("schlüssel", "utf8")).update(Buffer.concat(frames)).digest("hex"),
    );
  });

  test("of the same key is accepted, of another not", () => {
    expect(new Signer("a").check(signed(new Signer("a")), frames)).toBe("ok");
    expect(new Signer("a").check(signed(new Signer("b")), frames)).toBe("wrong signature");
  });

  test.each([
    [
      "with a digit changed",
      (good: Buffer) => Buffer.from(good.toString().replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))),
    ],
    ["cut short", (good: Buffer) => good.subarray(0, 63)],
    ["with a byte too many", (good: Buffer) => Buffer.concat([good, Buffer.from("0")])],
    ["in capitals", (good: Buffer) => Buffer.from(good.toString().toUpperCase().replace(/^/, "A").slice(0, 64))],
  ])("%s is wrong", (_, change) => {
    const signer = new Signer("key");
    expect(signer.check(change(signed(signer)), frames)).toBe("wrong signature");
  });

  test("is missed where there is none", () => {
    expect(new Signer("key").check(Buffer.alloc(0), frames)).toBe("unsigned");
  });

  test("that was wrong does not use up the right one", () => {
    const signer = new Signer("key");
    signer.check(Buffer.from("0".repeat(64)), frames);
    expect(signer.check(signed(signer), frames)).toBe("ok");
  });
});

test("an empty key signs nothing and refuses nothing", () => {
  const signer = new Signer("");
  expect(signer.sign(frames)).toBe("");
  for (let i = 0; i < 2; i++) expect(signer.check(Buffer.from("anything"), frames)).toBe("ok");
});
