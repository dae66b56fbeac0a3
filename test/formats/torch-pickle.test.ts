import { ParseBudget } from "../../kernel/formats/budget";
import { memorySource } from "../../kernel/bytes/source";
import { readPickle } from "../../kernel/formats/pickle";
import { PickleDict, PickleOpaque, PickleTuple } from "../../kernel/formats/pickle-values";
import { contentsOf, pickledTensors } from "../../kernel/formats/torch-pickle";
import { TensorView, TorchStorage, TorchWorld } from "../../kernel/formats/torch-world";
import { longPickle } from "./long-headers";

class World extends TorchWorld {
  persistent(id: unknown, at: number): unknown {
    const [, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
    return this.storageOf(String(key), type, elements, at);
  }
}

const world = new World("m.pt", new ParseBudget("m.pt", 2_000_000));
const pickle = pickledTensors(readPickle(longPickle(), "m.pt", world), world, []);

it("tells of the tensors of a pickle as plain data, which a thread can send", () => {
  expect(structuredClone(pickle)).toEqual(pickle);
  expect(pickle.tensors).toEqual([
    { path: ["w"], name: "w", storage: 0, dtype: "F32", offset: 0, shape: [4], strides: [1] },
  ]);
  expect(pickle.storages).toEqual([{ key: "0", sizeBytes: 16, dtype: "F32", at: expect.any(Number) as number }]);
});

it("makes tensors of it where the storages have places, and refuses it where one has none", async () => {
  const source = memorySource(new Uint8Array(new Float32Array([0, 5, 6, 7, 8]).buffer), "data");
  const { tensors, notes } = contentsOf(pickle, [{ source, start: 4 }], "m.pt", 7);
  expect(Array.from(await tensors[0].read())).toEqual([5, 6, 7, 8]);
  expect(notes).toEqual([]);
  expect(() => contentsOf(pickle, [undefined], "m.pt", 7)).toThrow('byte 7: the storage of "w" is missing');
  expect(() => contentsOf({ ...pickle, tensors: [] }, [], "m.pt", 7)).toThrow("there are no tensors");
});

it("says which objects it passes over with the tensors in them, and keeps still of those that hold none", () => {
  const view = new TensorView(new TorchStorage("0", 16, "F32", 0), "F32", 0, [4], [1]);
  const root = new PickleDict();
  root.entries.set("w", view);
  root.entries.set("packed", new PickleOpaque("torch.nn.utils.rnn.PackedSequence", [[view]]));
  root.entries.set("settings", new PickleOpaque("argparse.Namespace", []));
  const itself = new PickleOpaque("a.Wrapper", []);
  itself.state = new PickleTuple([itself, new PickleTuple([view])]);
  root.entries.set("wrapped", itself);
  const found = pickledTensors(root, world, []);
  expect(found.objects).toEqual(["packed", "wrapped"]);
  const source = memorySource(new Uint8Array(16), "data");
  expect(contentsOf(found, [{ source, start: 0 }], "m.pt", 7).notes).toEqual([
    'left out: 2 objects of Python, with the tensors in them ("packed", "wrapped")',
  ]);
});
