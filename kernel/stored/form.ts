/** What is known of a stored tensor without its bytes: enough to say how it is written, and how large it is. */
import type { Step } from "../tensor/step";
import type { Shape } from "../tensor/tensor";
import { storedBytes, type StoredTensor } from "./stored";

export interface StoredForm {
  readonly name: string;
  readonly shape: Shape;
  /** Weights are zero by a mask. */
  readonly isMasked: boolean;
  readonly content: CodesForm | { readonly kind: "values" | "bytes" | "factors" };
  readonly sizeBytes: number;
}

export interface CodesForm {
  readonly kind: "codes";
  readonly quantizer: Step;
  readonly tables: readonly TableForm[];
}

export interface TableForm {
  readonly shape: Shape;
  readonly length: number;
  /** The first entries, 16 at most. */
  readonly first: readonly number[];
}

export function formOf(stored: StoredTensor): StoredForm {
  const { name, shape, mask, content } = stored;
  return {
    name,
    shape,
    isMasked: mask !== undefined,
    content:
      content.kind === "codes"
        ? { kind: "codes", quantizer: content.quantizer, tables: content.tables.map(tableForm) }
        : { kind: content.kind },
    sizeBytes: storedBytes(stored),
  };
}

function tableForm({ shape, data }: StoredCodesTable): TableForm {
  return { shape, length: data.length, first: [...data.subarray(0, 16)] };
}

type StoredCodesTable = Extract<StoredTensor["content"], { kind: "codes" }>["tables"][number];
