import { endsOf, textOf, writtenEnds } from "../../kernel/llama-cpp/ends";

const texts = ["<s>", "</s>", "<x>"];
const named = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const template = (...single: unknown[]) => ({ type: "TemplateProcessing", single });
const text = { Sequence: { id: "A", type_id: 0 } };
const special = { "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.eos_token_id": 1 };

test("a post-processor puts tokens before and behind a text", () => {
  expect(endsOf("k", null, texts)).toEqual({ before: [], behind: [] });
  expect(endsOf("k", { type: "ByteLevel" }, texts)).toEqual({ before: [], behind: [] });
  expect(endsOf("k", template(named("<s>"), text, named("</s>"), named("<x>")), texts)).toEqual({
    before: [0],
    behind: [1, 2],
  });
  const roberta = { type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 1] };
  expect(endsOf("k", roberta, texts)).toEqual({ before: [0], behind: [1] });
  expect(endsOf("k", { type: "Sequence", processors: [{ type: "ByteLevel" }, roberta] }, texts).before).toEqual([0]);
  // A name may stand for other tokens than the one of its text.
  const renamed = { ...template(named("begin"), text), special_tokens: { begin: { ids: [2] } } };
  expect(endsOf("k", renamed, texts)).toEqual({ before: [2], behind: [] });
});

test.each([
  [{ type: "Own" }, /a k tokenizer with the post-processor "Own"/],
  [template(named("<s>")), /whose template is/],
  [template(named("<y>"), text), /unknown token "<y>"/],
  [{ type: "BertProcessing", cls: "<s>" }, /has the token "<s>"/],
])("%p is refused", (post, reason) => {
  expect(() => endsOf("k", post, texts)).toThrow(reason);
});

test("tokenizer_config.json goes first, else the template, whose tokens must be those of the ends", () => {
  const post = template(named("<s>"), text);
  expect(writtenEnds("k", post, {}, texts, special)).toEqual({
    addsBos: true,
    addsEos: false,
    ids: { "tokenizer.ggml.bos_token_id": 0 },
  });
  const said = writtenEnds("k", post, { add_bos_token: false, add_eos_token: true }, texts, special);
  expect([said.addsBos, said.addsEos]).toEqual([false, true]);
  expect(writtenEnds("k", null, { add_bos_token: true }, texts, {}).addsBos).toBe(false);
  const other = template(named("<x>"), text);
  expect(() => writtenEnds("k", other, {}, texts, special)).toThrow('adds "<x>" to a text');
  expect(writtenEnds("k", other, { cls_token: "<x>" }, texts, special).ids).toEqual({
    "tokenizer.ggml.bos_token_id": 2,
  });
  expect(writtenEnds("k", other, {}, texts, {}).ids).toEqual({ "tokenizer.ggml.bos_token_id": 2 });
  expect(() => writtenEnds("k", template(named("<s>"), named("<s>"), text), {}, texts, special)).toThrow(
    'adds "<s>" "<s>" to a text',
  );
});

test("a token is its text, or an object with one", () => {
  expect([textOf("a"), textOf({ content: "b" }), textOf(null), textOf({ content: 1 })]).toEqual([
    "a",
    "b",
    undefined,
    undefined,
  ]);
});
