import { ParseBudget } from "../../kernel/formats/budget";
import { PickleDict, PickleGlobal, PickleTuple } from "../../kernel/formats/pickle-values";
import { TensorView, TorchStorage, TorchWorld } from "../../kernel/formats/torch-world";

class World extends TorchWorld {
  persistent(): unknown {
    return undefined;
  }
}

const world = new World("m.pt", new ParseBudget("m.pt", 1024));
const called = (name: string, ...args: unknown[]): unknown => world.global(name)?.call?.(args, 7);

test("a tensor of torchao is refused by name, though its layout is looked up first", () => {
  expect(called("torch.serialization._get_layout", "torch.strided")).toBeDefined();
  const make = new PickleGlobal("torch._utils._rebuild_wrapper_subclass", (args, at) =>
    called("torch._utils._rebuild_wrapper_subclass", ...args, at),
  );
  const type = new PickleGlobal("torchao.quantization.Int8Tensor");
  expect(() => called("torch._tensor._rebuild_from_type_v2", make, type, new PickleTuple([type]))).toThrow(
    "the file holds a tensor of a class of its own, such as torchao's",
  );
});

test.each(["neg", "conj"])("a tensor whose values torch has yet to change (%s) is refused", (bit) => {
  const four = new PickleTuple([4]);
  const parts = [new TorchStorage("0", 16, "F32", 0), 0, four, new PickleTuple([1]), false, new PickleDict()];
  const says = (value: boolean): PickleDict => {
    const dict = new PickleDict();
    dict.entries.set(bit, value);
    return dict;
  };
  for (const [name, ...more] of [
    ["_rebuild_tensor_v2"],
    ["_rebuild_tensor_v3", new PickleGlobal("torch.float32")],
  ] as const) {
    const make = `torch._utils.${name}`;
    expect(called(make, ...parts, ...more, says(false))).toBeInstanceOf(TensorView);
    expect(() => called(make, ...parts, ...more, says(true))).toThrow(`expected tensor.resolve_${bit}()`);
  }
});
