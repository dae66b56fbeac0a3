import { ParseBudget } from "../../kernel/formats/budget";
import { PickleGlobal, PickleTuple } from "../../kernel/formats/pickle-values";
import { TorchWorld } from "../../kernel/formats/torch-world";

class World extends TorchWorld {
  persistent(): unknown {
    return undefined;
  }
}

const world = new World("m.pt", new ParseBudget("m.pt", 1000));
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
