/** A queue whose ends both cost the same however long it is: taking the first element of a long array moves all others. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** How many elements wait. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Adds an element at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** The first element; undefined for an empty queue. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** Takes the first element; undefined for an empty queue. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Puts an element before the first. */
  unshift(item: T): void {
    if (this.#head === 0) this.#items.unshift(item);
    else this.#items[--this.#head] = item;
  }

  /** Keeps what `isKept` says, in order, and returns the rest in order. */
  remove(isKept: (item: T) => boolean): T[] {
    const all = this.#items.slice(this.#head) as T[];
    this.#items = all.filter(isKept);
    this.#head = 0;
    return all.filter((item) => !isKept(item));
  }
}
