/** What is known of a stored tensor without its bytes: enough to say how it is written, and how large it is. */
import type { Axes } from "../tensor/role";
import type { Step } from "../tensor/step";
import type { Shape } from "../tensor/tensor";
import { storedBytes } from "./stored-size";
import type { Sized, StoredTensor } from "./stored-tensor";

/** A stored tensor without its bytes. */
export interface StoredOutline {
  readonly name: string;
  /** The tensor's own dimensions. */
  readonly shape: Shape;
  /** Which way the tensor lies, where content and mask follow another order or are those of a stack. */
  readonly axes?: Axes;
  /** True where a mask says which weights are zero. */
  readonly isMasked: boolean;
  readonly content: CodesOutline | { readonly kind: "values" | "bytes" | "factors" };
  readonly sizeBytes: number;
}

/** How codes were made, and their tables. */
export interface CodesOutline {
  readonly kind: "codes";
  readonly quantizer: Step;
  readonly tables: readonly TableOutline[];
}

/** One table of a quantizer without its data. */
export interface TableOutline {
  readonly shape: Shape;
  readonly length: number;
  /** The first entries, 16 at most. */
  readonly first: readonly number[];
}

/** What is known of it without its bytes. */
export function outlineOf(stored: StoredTensor<Sized>): StoredOutline {
  const { name, shape, axes, mask, content } = stored;
  return {
    name,
    shape,
    ...(axes && { axes }),
    isMasked: mask !== undefined,
    content:
      content.kind === "codes"
        ? { kind: "codes", quantizer: content.quantizer, tables: content.tables.map(tableOutline) }
        : { kind: content.kind },
    sizeBytes: storedBytes(stored),
  };
}

function tableOutline({ shape, data }: StoredCodesTable): TableOutline {
  return { shape, length: data.length, first: [...data.subarray(0, 16)] };
}

type StoredCodesTable = Extract<StoredTensor["content"], { kind: "codes" }>["tables"][number];
