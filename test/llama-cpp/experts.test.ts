import { expertCount, expertOf, expertSizes, stackOf } from "../../kernel/llama-cpp/experts";
import type { SavedTensor } from "../../kernel/formats/safetensors-writer";

const tensor = (name: string, shape = [2, 3], fill = 1): SavedTensor => ({
  name,
  shape,
  dtype: "F32",
  sizeBytes: 24,
  read: async () => new Float32Array(6).fill(fill),
  readBytes: async () => new Uint8Array(24).fill(fill),
});

test("a matrix of an expert is part of a tensor of GGUF", () => {
  expect(expertOf("layers.3.block_sparse_moe.experts.7.w1.weight")).toEqual({
    stack: "blk.3.ffn_gate_exps.weight",
    number: 7,
  });
  expect(expertOf("layers.3.block_sparse_moe.experts.7.w2.weight")?.stack).toBe("blk.3.ffn_down_exps.weight");
  expect(expertOf("layers.3.block_sparse_moe.experts.7.w3.weight")?.stack).toBe("blk.3.ffn_up_exps.weight");
  expect(expertOf("layers.0.mlp.experts.12.up_proj.weight")).toEqual({ stack: "blk.0.ffn_up_exps.weight", number: 12 });
  expect(expertOf("layers.0.mlp.up_proj.weight")).toBeUndefined();
});

test("the number of experts has one of two names", () => {
  expect([
    expertCount({ num_local_experts: 8 }),
    expertCount({ num_experts: 4 }),
    expertCount({}),
    expertCount({ num_experts: "4" }),
  ]).toEqual([8, 4, 0, 0]);
});

describe("the stack of experts", () => {
  test("has them in order of their numbers", async () => {
    const stack = stackOf(
      "s",
      new Map([
        [1, tensor("b", [2, 3], 2)],
        [0, tensor("a", [2, 3], 1)],
      ]),
      2,
    );
    expect(stack.shape).toEqual([2, 2, 3]);
    expect(Array.from(await stack.read())).toEqual([...new Array<number>(6).fill(1), ...new Array<number>(6).fill(2)]);
  });

  test("is refused where one is missing, too many, or of another shape", () => {
    expect(() => stackOf("s", new Map([[0, tensor("a")]]), 2)).toThrow("of s part 1 of 2 is missing");
    expect(() =>
      stackOf(
        "s",
        new Map([
          [0, tensor("a")],
          [1, tensor("b")],
        ]),
        1,
      ),
    ).toThrow("s has 2 parts, and config.json states 1");
    expect(() =>
      stackOf(
        "s",
        new Map([
          [0, tensor("a")],
          [1, tensor("b", [3, 2])],
        ]),
        2,
      ),
    ).toThrow("b has the shape (3, 2), and a (2, 3)");
  });
});

describe("the sizes of experts", () => {
  const config = {
    num_experts: 8,
    num_experts_per_tok: 2,
    moe_intermediate_size: 32,
    shared_expert_intermediate_size: 64,
    norm_topk_prob: true,
  };

  test("are those that GGUF states", () => {
    expect(expertSizes("llama", config)).toEqual({ expert_count: 8, expert_used_count: 2 });
    expect(expertSizes("qwen3moe", config)).toEqual({
      expert_count: 8,
      expert_used_count: 2,
      expert_feed_forward_length: 32,
    });
    expect(expertSizes("qwen2moe", { ...config, norm_topk_prob: false })).toMatchObject({
      expert_shared_feed_forward_length: 64,
    });
  });

  test("are refused where llama.cpp computes otherwise, or something is missing", () => {
    expect(() => expertSizes("qwen2moe", config)).toThrow(
      'with "norm_topk_prob": true; llama.cpp computes it with false',
    );
    expect(() => expertSizes("qwen3moe", { ...config, norm_topk_prob: false })).toThrow(
      "llama.cpp computes it with true",
    );
    expect(() => expertSizes("qwen3moe", { ...config, decoder_sparse_step: 2 })).toThrow("layers that have no experts");
    expect(() => expertSizes("qwen3moe", { ...config, mlp_only_layers: [0] })).toThrow("layers that have no experts");
    expect(() => expertSizes("llama", { num_experts: 8 })).toThrow("config.json has no num_experts_per_tok");
    expect(() => expertSizes("llama", {})).toThrow("config.json has no num_experts");
  });
});
