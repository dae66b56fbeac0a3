import { Random } from "../../kernel/bytes/random";
import { jsonFault } from "../../kernel/formats/json-fault";

const fault = (text: string): number => jsonFault(Buffer.from(text));

const sound = ['{"a":[1,-2.5e+3,{"b":null}],"":{},"ä":"\\u00e4\\n"}', "[]", "{}", " [ true , false ] ", '"x"', "0"];

test.each(sound)("%s has no fault", (text) => {
  expect(fault(text)).toBe(Buffer.byteLength(text));
});

test.each([
  ["{]", 1],
  ["[}", 1],
  ["[1 2]", 3],
  ["[01]", 1],
  ["[1.]", 1],
  ['{"a" 1}', 5],
  ["{1:2}", 1],
  ['["\\x"]', 2],
  ['["\\u12g4"]', 2],
  ['["a\nb"]', 3],
  ["[1],", 3],
  ["[,1]", 1],
  ["[1,]", 3],
  ["]", 0],
  ["nul", 0],
])("%s breaks the grammar at byte %i", (text, at) => {
  expect(fault(text)).toBe(at);
});

test("what JSON.parse refuses has a fault, and up to there it is the beginning of JSON", () => {
  const random = new Random(20_261_130);
  const letters = '{}[],:"\\u0041ntrue-1.5e ';
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const text = sound[random.below(4)];
    const at = random.below(text.length);
    const changed = text.slice(0, at) + letters[random.below(letters.length)] + text.slice(at + random.below(2));
    const isSound = (() => {
      try {
        JSON.parse(changed);
        return true;
      } catch {
        return false;
      }
    })();
    if (isSound) expect([changed, fault(changed)]).toEqual([changed, Buffer.byteLength(changed)]);
    else refused++;
    // Without what comes behind the fault, nothing else is wrong.
    const before = Buffer.from(changed).subarray(0, fault(changed));
    expect([changed, jsonFault(before)]).toEqual([changed, before.length]);
  }
  expect(refused).toBeGreaterThan(1000);
});
