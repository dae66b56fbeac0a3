/** Parsers for tests, as a thread loads them. */
import { parser, type Unparsed } from "../../kernel/formats/apart";

/** What a test asks of the parser. */
interface Asked extends Unparsed {
  readonly act: "end never" | "grow" | "count" | "fail";
}

export const tasks = parser(__filename, ({ bytes, file, act }: Asked): readonly unknown[] => {
  if (act === "fail") throw new RangeError(`${file} is odd`);
  const kept: unknown[] = [];
  while (act === "end never" || act === "grow") if (act === "grow") kept.push({ number: kept.length });
  return [bytes.length, { a: undefined, b: [NaN, -0, 2n] }];
});
