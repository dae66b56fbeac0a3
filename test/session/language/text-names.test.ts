import ts from "typescript";
import { namesInText, offerNames, type TextPlace } from "../../../kernel/session/language/text-names";

const model = {
  name: "m",
  get broken(): string {
    throw new Error("a getter ran");
  },
};
const values: Record<string, unknown> = { model, study: { base: model } };
const asked: TextPlace[] = [];
beforeAll(() =>
  offerNames((place) => {
    asked.push(place);
    return place.of === "unknown" ? undefined : [`${place.of} of ${place.typed}`];
  }),
);
beforeEach(() => void asked.splice(0));

/** What is offered at the bar, which stands in a text. */
function offered(code: string): readonly string[] {
  const cursor = code.indexOf("|");
  const source = code.replace("|", "");
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ESNext, true);
  let literal: ts.StringLiteralLike | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && node.getStart() < cursor && cursor <= node.getEnd()) literal = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (literal === undefined) throw new Error("no text at the bar");
  const question = {
    source,
    cursor,
    cwd: "/here",
    names: () => Object.keys(values),
    valueOf: (name: string) => values[name],
  };
  return namesInText(ts, literal, question);
}

test.each([
  ['open("mi|")', ["open of mi"]],
  ['model.tensor("enc|oder")', ["tensor of enc"]],
  ['compress(model, [{ match: "a|", steps: [] }])', ["match of a"]],
  ['compress(model, x, { only: ["b", "c|"] })', ["only of c"]],
  ['const a = "text|"', []],
  ['unknown("|")', []],
])("in %s", (code, names) => {
  expect(offered(code)).toEqual(names);
});

test("the value before the point is given, also of a property, and no getter runs", () => {
  offered('model.tensor("|")');
  offered('study.base.tensor("|")');
  offered('model.broken.tensor("|")');
  offered('none.tensor("|")');
  expect(asked.map(({ receiver }) => receiver)).toEqual([model, model, undefined, undefined]);
  expect(asked[0]?.values()).toEqual([model, values.study]);
  expect(asked[0]?.folder).toBe("/here");
});
