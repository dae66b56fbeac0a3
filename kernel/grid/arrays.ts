export type CodeArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;
export type TableArray = CodeArray | Float32Array | Uint32Array;
