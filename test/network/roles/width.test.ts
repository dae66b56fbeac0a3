import { subjectOf } from "../../../kernel/network/roles/subject";
import { widthOf } from "../../../kernel/network/roles/width";

const tokens = [subjectOf({ name: "model.embed_tokens.weight", shape: [61, 48] })];

test.each([
  [{ d_model: 32 }, {}, [], 32],
  [{ text_config: { hidden_size: 40 } }, {}, [], 40],
  [undefined, {}, tokens, 48],
  [{ hidden_size: -1 }, {}, [], undefined],
  [undefined, { "general.architecture": "llama", "llama.embedding_length": 24 }, tokens, 24],
])("the width by %j and %j", (config, metadata, subjects, width) => {
  expect(widthOf(config, metadata, subjects)).toBe(width);
});
