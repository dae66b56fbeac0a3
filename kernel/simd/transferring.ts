/** A task's result together with the buffers in it that move to the caller instead of being copied. */
export class Transferring<Value = unknown> {
  readonly value: Value;
  readonly buffers: ArrayBuffer[];
  constructor(value: Value, buffers: ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** `value`, moving every array buffer that it holds at any depth; shared buffers stay shared. */
export function transferring<Value>(value: Value): Transferring<Value> {
  const buffers = new Set<ArrayBuffer>();
  const visit = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) {
      if (part.buffer instanceof ArrayBuffer) buffers.add(part.buffer);
    } else if (part !== null && typeof part === "object") Object.values(part).forEach(visit);
  };
  visit(value);
  return new Transferring(value, [...buffers]);
}
