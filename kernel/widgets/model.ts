/** One model of Jupyter's widgets: its state here, a copy of it in every front end, and the comm between them. Messages of the protocol 2.1:
 *  `update` in both directions, `echo_update` for what a front end changed, `request_state`, `custom`; and for all models at once
 *  `request_states` on the target "jupyter.widget.control". */
import { onComm, openComm } from "../comm";
import { CodebookError } from "../errors";
import type { Comm, CommMessage } from "../host";
import { joinBuffers, partBuffers } from "./wire";

const protocolVersion = "2.1.0";

/** A state as it travels: names with underscores. */
export type WireState = Record<string, unknown>;

/** Which code of the front end draws a model. */
export interface ModelKind {
  readonly module: string;
  readonly version: string;
  readonly model: string;
  readonly view: string;
  /** The module of the view, where it is another one. */
  readonly viewModule?: string;
}

/** What a model tells its owner. */
export interface ModelEvents {
  /** A front end changed these parts of the state. */
  changed?(state: WireState): void;
  /** A front end sent a message that is no change of state. */
  custom?(content: unknown, buffers: readonly Uint8Array[]): void;
  /** The model is closed, by either end. */
  closed?(): void;
}

const live = new Map<string, Model>();
let answersControl = false;

/** Answers front ends that ask for all models, as one does after its page was loaded again. Throws outside a notebook. */
function answerControl(): void {
  if (answersControl) return;
  onComm("jupyter.widget.control", (comm) => {
    comm.onMessage((message) => {
      if (methodOf(message) !== "request_states") return;
      const states = Object.fromEntries([...live].map(([id, model]) => [id, model.described()]));
      const { data, paths, buffers } = partBuffers(states);
      comm.send({ method: "update_states", states: data, buffer_paths: paths }, {}, buffers);
    });
  });
  answersControl = true;
}

const methodOf = ({ data }: CommMessage): unknown =>
  typeof data === "object" && data !== null && "method" in data ? data.method : undefined;

/** A live model. */
export class Model {
  private readonly comm: Comm;
  private readonly state: WireState;
  private isClosed = false;
  /** What a front end has just set: it is not sent back to it. */
  private received: WireState = {};

  /** Opens the model with all of its state. Throws `CodebookError` (code NO_FRONT_END) outside a notebook. */
  constructor(
    private readonly kind: ModelKind,
    state: WireState,
    private readonly events: ModelEvents = {},
  ) {
    answerControl();
    this.state = {
      _model_module: kind.module,
      _model_module_version: kind.version,
      _model_name: kind.model,
      _view_module: kind.viewModule ?? kind.module,
      _view_module_version: kind.version,
      _view_name: kind.view,
      _view_count: null,
      ...state,
    };
    const { data, paths, buffers } = partBuffers(this.state);
    this.comm = openComm(
      "jupyter.widget",
      { state: data, buffer_paths: paths },
      { metadata: { version: protocolVersion }, buffers },
    );
    this.comm.onMessage((message) => this.receive(message));
    this.comm.onClose(() => this.end());
    live.set(this.comm.id, this);
  }

  get id(): string {
    return this.comm.id;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** How other models name it. */
  get reference(): string {
    return `IPY_MODEL_${this.id}`;
  }

  /** Its state in the answer for all models. */
  described(): object {
    const { module, version, model } = this.kind;
    return { model_name: model, model_module: module, model_module_version: version, state: this.state };
  }

  /** Changes parts of the state, here and in the front ends. Throws `CodebookError` (code CLOSED) after the model was closed. */
  change(patch: WireState): void {
    this.mustBeOpen();
    Object.assign(this.state, patch);
    const news = Object.entries(patch).filter(
      ([name, value]) => !(Object.hasOwn(this.received, name) && isSame(this.received[name], value)),
    );
    if (news.length > 0) this.send("update", Object.fromEntries(news));
  }

  /** Sends a message that changes no state. */
  sendCustom(content: unknown, buffers: Uint8Array[] = []): void {
    this.mustBeOpen();
    this.comm.send({ method: "custom", content }, {}, buffers);
  }

  /** Sends the true state of these parts, for a front end that holds another one. */
  correct(names: readonly string[]): void {
    this.send("update", Object.fromEntries(names.map((name) => [name, this.state[name]])));
  }

  /** Closes both ends: its views disappear. */
  close(): void {
    if (this.isClosed) return;
    this.comm.close();
    this.end();
  }

  private end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    live.delete(this.id);
    this.events.closed?.();
  }

  private mustBeOpen(): void {
    if (this.isClosed) throw new CodebookError("CLOSED", `the widget ${this.kind.model} is closed: make a new one`);
  }

  private send(method: "update" | "echo_update", state: WireState): void {
    const { data, paths, buffers } = partBuffers(state);
    this.comm.send({ method, state: data, buffer_paths: paths }, {}, buffers);
  }

  private receive(message: CommMessage): void {
    const data = message.data as { state?: unknown; buffer_paths?: unknown; content?: unknown };
    switch (methodOf(message)) {
      case "request_state":
        this.send("update", this.state);
        break;
      case "custom":
        this.events.custom?.(data.content, message.buffers ?? []);
        break;
      case "update": {
        if (typeof data.state !== "object" || data.state === null) return;
        const state = joinBuffers(data.state as WireState, data.buffer_paths, message.buffers);
        // The other front ends, and the one that sent it, learn in which order changes came.
        this.send("echo_update", state);
        this.received = state;
        try {
          this.events.changed?.(state);
        } finally {
          this.received = {};
        }
        break;
      }
    }
  }
}

/** Equal as JSON, or the same object. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  return JSON.stringify(a) === JSON.stringify(b);
}
