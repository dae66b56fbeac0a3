import type { ModelView } from "../../kernel/report/model";
import { bytes, integer } from "./numbers";
import { plainColumn, tensorColumns, type Table } from "./table";

/** The tensors of a model on their own, in the order of `rows`; bytes have a bar up to the largest tensor. */
export function modelTable(view: ModelView, rows: readonly number[]): Table {
  const largest = view.tensors.reduce((most, t) => Math.max(most, t.bytes), 1);
  const tensor = (row: number): ModelView["tensors"][number] => view.tensors[row];
  return {
    rows,
    columns: [
      ...tensorColumns("tensor", tensor),
      plainColumn("dtype", false, (row) => ({ text: tensor(row).dtype, sort: tensor(row).dtype })),
      ...(view.tensors.some(({ role }) => role !== undefined)
        ? [plainColumn("role", false, (row) => ({ text: tensor(row).role ?? "", sort: tensor(row).role ?? "" }))]
        : []),
      plainColumn("parameters", true, (row) => ({
        text: integer(tensor(row).parameters),
        sort: tensor(row).parameters,
      })),
      {
        ...{ head: "bytes", group: "", numeric: true, variant: null },
        cell: (row) => {
          const { bytes: size } = tensor(row);
          return { text: bytes(size), sort: size, bar: size / largest };
        },
      },
    ],
  };
}
