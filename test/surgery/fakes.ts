/** A runner that does the work of threads at once. */
import type { Tensor } from "../../kernel/tensor/tensor";
import { fromArrays } from "../../kernel/tensor/memory";
import { Transferring } from "../../kernel/threads/transferring";
import type { TaskModule } from "../../kernel/threads/tasks";
import type { Watch } from "../../kernel/surgery/choose-channels";
import type { Model } from "../../kernel/tensor/model";

/** What a task's caller gets. */
export function valueOf<Value>(result: Value | Transferring<Value>): Value {
  return result instanceof Transferring ? result.value : result;
}

export function watchOf(model: Model): Watch {
  const runner = {
    workers: 1,
    each: <Item, Result>(items: readonly Item[], work: (item: Item, at: number) => Promise<Result>) =>
      Promise.all(items.map(work)),
    run: async (module: TaskModule, task: string, job: object) => valueOf(module.functions[task](job as never)),
    ownValues: (tensor: Tensor) => tensor.read(),
  };
  return {
    runner: runner as unknown as Watch["runner"],
    tensorOf: (name) => model.tensor(name),
    onProgress: undefined,
  };
}

/** A model of the given matrices, row by row. */
export function modelOf(arrays: Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>): Model {
  return fromArrays(
    Object.fromEntries(
      Object.entries(arrays).map(([name, values]) => {
        const rows = values as readonly (readonly number[])[];
        const isMatrix = Array.isArray(values[0]);
        const shape = isMatrix ? [rows.length, rows[0].length] : [values.length];
        return [name, { shape, values: Float32Array.from(values.flat() as number[]) }];
      }),
    ),
    { name: "m" },
  );
}
