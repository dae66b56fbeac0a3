import { OptionError } from "../kernel/errors";
import {
  checkChoice,
  checkFlag,
  checkNumber,
  checkOptionNames,
  checkWords,
  describe as described,
  nearestOrAll,
  nearestWord,
} from "../kernel/options";

test("a word that is not known is answered with the nearest, else with all", () => {
  expect(nearestOrAll("btis", ["bits", "group"])).toBe('did you mean "bits"?');
  expect(nearestOrAll("quantum", ["bits", "group"])).toBe("there are bits, group");
});

describe("nearestWord", () => {
  test("finds a word with a letter too many, too few, wrong, or two turned round", () => {
    for (const word of ["bitss", "bts", "bita", "btis", "BITS"])
      expect(nearestWord(word, ["group", "bits"])).toBe("bits");
  });

  test("takes the nearer of two, and the first of equally near ones", () => {
    expect(nearestWord("scope", ["score", "scale"])).toBe("score");
    expect(nearestWord("cat", ["bat", "hat"])).toBe("bat");
  });

  test("counts a letter too many, too few or wrong as one fault, and two turned round as one, not two", () => {
    // A word of two letters, or of one, may have one fault.
    expect(nearestWord("ab", ["a"])).toBe("a");
    expect(nearestWord("a", ["ab"])).toBe("ab");
    expect(nearestWord("ab", ["ba"])).toBe("ba");
    expect(nearestWord("ab", ["bc"])).toBeUndefined();
    // Two wrong letters against two turned round, at the beginning and further on.
    expect(nearestWord("ibts", ["xyts", "bits"])).toBe("bits");
    expect(nearestWord("btis", ["bats", "bits"])).toBe("bits");
    // As near as one wrong letter, and no nearer.
    expect(nearestWord("btis", ["btiz", "bits"])).toBe("btiz");
  });

  test("guesses at most half of a word's letters, and at most three", () => {
    expect(nearestWord("abcdef", ["abcxyz"])).toBe("abcxyz");
    expect(nearestWord("abcdefgh", ["abcdwxyz"])).toBeUndefined();
    expect(nearestWord("ab", ["xy"])).toBeUndefined();
    expect(nearestWord("ab", ["ay"])).toBe("ay");
    expect(nearestWord("", ["bits"])).toBeUndefined();
  });
});

describe("checkOptionNames", () => {
  test("names the method, the odd word, and the right one", () => {
    expect(() => checkOptionNames("linear", { bits: 4, gruop: 8 }, ["bits", "group"])).toThrow(
      new OptionError('linear(): unknown option "gruop"; did you mean "group"?'),
    );
  });

  test("lists what there is where no word is near", () => {
    expect(() => checkOptionNames("linear", { colour: 1 }, ["bits", "group"])).toThrow(
      'linear(): unknown option "colour"; it takes "bits", "group"',
    );
  });

  test.each([
    [
      undefined,
      "linear(): no options were given; it takes options by name, such as linear({ bits: … }); there are bits, group",
    ],
    [null, "linear(): the options are null; it takes options by name"],
    [4, "linear(): the options are 4; it takes options by name"],
    [[4], "linear(): the options are [4]; it takes options by name"],
    ["four", 'linear(): the options are "four"'],
    [() => 1, "linear(): the options are a function"],
  ])("options %p are none", (given, text) => {
    expect(() => checkOptionNames("linear", given as object, ["bits", "group"])).toThrow(OptionError);
    expect(() => checkOptionNames("linear", given as object, ["bits", "group"])).toThrow(text);
    expect(() => checkOptionNames("nvfp4", 4 as unknown as object, [])).toThrow("it takes no options");
  });

  test("takes every known word and none at all", () => {
    expect(() => checkOptionNames("linear", { group: undefined, bits: 1 }, ["bits", "group"])).not.toThrow();
    expect(() => checkOptionNames("linear", {}, [])).not.toThrow();
  });
});

describe("checkChoice", () => {
  test("gives the choice back", () => {
    expect(checkChoice("prune", "norm", "l2", ["l1", "l2"])).toBe("l2");
  });

  test("says what was given and what there is", () => {
    expect(() => checkChoice("prune", "scope", "globl", ["layer", "global"])).toThrow(
      new OptionError('prune(): scope is "globl"; did you mean "global"? It takes "layer", "global"'),
    );
    expect(() => checkChoice("prune", "scope", 7, ["layer", "global"])).toThrow(
      'prune(): scope is 7; it takes "layer", "global"',
    );
    expect(() => checkChoice("prune", "scope", undefined, ["layer"])).toThrow("scope is undefined");
  });
});

test("checkOptionNames refuses what is no object", () => {
  for (const wrong of [null, 7, "bits", undefined])
    expect(() => checkOptionNames("linear", wrong as never, ["bits"])).toThrow(OptionError);
});

test("a word that is far longer than all known ones has no near one, and takes no time", () => {
  expect(
    nearestWord(
      "x".repeat(1_000_000),
      Array.from({ length: 1000 }, (_, i) => `bits${i}`),
    ),
  ).toBeUndefined();
});

describe("checkNumber", () => {
  const range = { minimum: 1, maximum: 8, integer: true };

  test("takes both ends of the range", () => {
    expect(checkNumber("linear", "bits", 1, range)).toBe(1);
    expect(checkNumber("linear", "bits", 8, range)).toBe(8);
    expect(checkNumber("linear", "share", 0.5, { minimum: 0, maximum: 1 })).toBe(0.5);
  });

  test.each([0, 9, 2.5, NaN, Infinity, -Infinity, "4", undefined, null])("refuses %p", (value) => {
    expect(() => checkNumber("linear", "bits", value, range)).toThrow(
      new OptionError(`linear(): bits is ${String(value)}; it takes a whole number from 1 to 8`),
    );
  });

  test("says which end is open", () => {
    expect(() => checkNumber("linear", "bytes", -1, { minimum: 0, maximum: Infinity })).toThrow(
      "linear(): bytes is -1; it takes a number at least 0",
    );
  });
});

test("checkFlag takes true and false and nothing that is like them", () => {
  expect(checkFlag("linear", "symmetric", true)).toBe(true);
  expect(checkFlag("linear", "symmetric", false)).toBe(false);
  for (const value of [0, 1, "true", undefined, null])
    expect(() => checkFlag("linear", "symmetric", value)).toThrow(
      `linear(): symmetric is ${JSON.stringify(value) ?? "undefined"}; it takes true or false`,
    );
});

test("a value is described as an error quotes it", () => {
  expect([described({ a: 1 }), described(undefined), described(1n), described(Promise.resolve())]).toEqual([
    '{"a":1}',
    "undefined",
    "1",
    "a promise",
  ]);
  expect(described("x".repeat(100))).toBe(`"${"x".repeat(59)}…`);
});

test("checkWords takes a text that says something", () => {
  expect(checkWords("compress", "name", "a")).toBe("a");
  for (const value of ["", 5, null, undefined])
    expect(() => checkWords("compress", "name", value)).toThrow("it takes a text that is not empty");
});
