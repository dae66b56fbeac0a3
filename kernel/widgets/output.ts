/** A place for what code prints and shows, which other widgets can stand beside. */
import { showValue } from "../session/display";
import { withOutput } from "../session/language/context";
import type { CellOutput, MimeBundle } from "../session/language/types";
import { currentHost } from "../host";
import { CodebookError } from "../errors";
import type { Trait } from "./traits";
import { Widget, type WidgetOptions } from "./widget";

/** An output as a notebook keeps it. */
type OutputItem =
  | { readonly output_type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly output_type: "display_data";
      readonly data: Record<string, unknown>;
      readonly metadata: Record<string, unknown>;
    };

const outputs: Trait<readonly OutputItem[]> = {
  initial: [],
  check: (_, __, value) => (Array.isArray(value) ? (value as OutputItem[]) : []),
};

const kind = {
  name: "Output",
  model: { module: "@jupyter-widgets/output", version: "1.0.0", model: "OutputModel", view: "OutputView" },
  traits: { outputs },
};

/** The most characters of text that one output keeps: the beginning of more is let go. */
const mostCharacters = 1_000_000;

/** A place for output: `new widgets.Output()`. `await output.capture(() => { console.log("here"); display(model.report); })`. */
export class Output extends Widget {
  /** What stands in it. */
  declare readonly outputs: readonly object[];
  private readonly ids = new Map<string, number>();
  private clearsNext = false;

  /** An empty place. */
  constructor(options: Pick<WidgetOptions, "layout"> = {}) {
    super(kind, options, { msg_id: "" });
  }

  /** Runs `work` with everything that it prints and shows in this place, also after its awaits. Gives what it gives. */
  capture<T>(work: () => T): T {
    return withOutput(this.sink(), work);
  }

  /** Adds a value, shown as the last expression of a cell is. */
  async show(value: unknown): Promise<void> {
    this.add(item(await showValue(value)));
  }

  /** Adds text. */
  print(text: string): void {
    this.stream("stdout", text);
  }

  /** Empties the place; `wait`: only when the next output comes, which avoids flicker. */
  clear(wait = false): void {
    this.clearsNext = wait;
    if (!wait) this.replace([]);
  }

  private sink(): CellOutput {
    const { signal = new AbortController().signal, comm } = currentHost();
    if (comm === undefined)
      throw new CodebookError("NO_FRONT_END", "Output needs a front end: this code does not run in a notebook");
    return {
      signal,
      comm,
      stream: (name, text) => this.stream(name, text),
      display: (bundle, options = {}) => this.display(bundle, options),
      clear: (wait) => this.clear(wait),
      input: () => {
        throw new CodebookError("NO_FRONT_END", "code that writes into an Output widget cannot ask for input");
      },
    };
  }

  private get items(): readonly OutputItem[] {
    return this.clearsNext ? [] : (this.read("outputs") as readonly OutputItem[]);
  }

  private stream(name: "stdout" | "stderr", text: string): void {
    const { items } = this;
    const last = items.at(-1);
    if (last?.output_type !== "stream" || last.name !== name) this.add({ output_type: "stream", name, text });
    else this.replace([...items.slice(0, -1), { ...last, text: (last.text + text).slice(-mostCharacters) }]);
  }

  private display(bundle: MimeBundle, { displayId, update }: { displayId?: string; update?: boolean }): void {
    const at = displayId === undefined ? undefined : this.ids.get(displayId);
    if (update !== true || at === undefined) {
      if (displayId !== undefined) this.ids.set(displayId, this.items.length);
      this.add(item(bundle));
    } else this.replace(this.items.map((one, index) => (index === at ? item(bundle) : one)));
  }

  private add(output: OutputItem): void {
    this.replace([...this.items, output]);
  }

  private replace(next: readonly OutputItem[]): void {
    if (next.length === 0 || this.clearsNext) this.ids.clear();
    this.clearsNext = false;
    this.set({ outputs: next });
  }
}

const item = ({ data, metadata = {} }: MimeBundle): OutputItem => ({ output_type: "display_data", data, metadata });
