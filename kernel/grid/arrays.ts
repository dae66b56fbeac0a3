/** What holds codes: the narrowest integers that the codes fit. */
export type CodeArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;
/** What holds the numbers beside the codes. */
export type TableArray = CodeArray | Float32Array | Uint32Array;

/** The class of an array of codes. */
export type CodeType = "Uint8Array" | "Int8Array" | "Uint16Array" | "Int16Array" | "Int32Array";

/** The class of `codes`. */
export function typeOfCodes(codes: CodeArray): CodeType {
  return codes.constructor.name as CodeType;
}
