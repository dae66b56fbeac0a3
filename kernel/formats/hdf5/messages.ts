/** What the process that reads HDF5 and its child say to each other. */

/** An array of the file as HDF5's library describes it. */
export interface Dataset {
  /** Where it is: "layers/dense/vars/0". */
  readonly path: string;
  /** Its dimensions; `null` for an array without any extent. */
  readonly shape: readonly number[] | null;
  /** HDF5's class of types: 0 integer, 1 float, 3 text, 5 opaque, 6 compound, 8 enumeration. */
  readonly type: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly isSigned: boolean;
  readonly isLittleEndian: boolean;
  /** True for the enumeration of FALSE and TRUE that h5py writes. */
  readonly isBoolean: boolean;
  /** The filters' numbers: 1 deflate, 2 shuffle, 3 Fletcher's sum, 4 szip, 5 n-bit, 6 scale and offset; others are plug-ins. */
  readonly filters: readonly number[];
  /** True where the values lie in other files or arrays. */
  readonly isVirtual: boolean;
  /** The attribute "dtype", by which Keras says bfloat16. */
  readonly dtype?: string;
}

/** What a file holds. */
export interface Contents {
  readonly datasets: readonly Dataset[];
  /** Attributes of the root that are text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** The attribute "name" of groups that have one, by the groups' paths. */
  readonly names: Readonly<Record<string, string>>;
}

/** What the child is asked for: what the file holds, or a block of an array. */
export type Question =
  | { readonly ask: "contents"; readonly byteLength: number; readonly maxObjects: number }
  | {
      readonly ask: "values";
      readonly byteLength: number;
      readonly path: string;
      readonly from: readonly number[];
      readonly count: readonly number[];
    };

/** What the child says: it wants bytes of the file, it has the answer, or it failed. */
export type Reply =
  | { readonly want: readonly [start: number, end: number] }
  | { readonly contents: Contents }
  | { readonly values: true }
  | { readonly failed: string };
