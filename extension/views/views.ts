/** The table of views: for each kind how saved JSON is checked, how it is put on the page, and what its tab is called. */
import { checkCurves } from "../../kernel/report/curves";
import { checkModel } from "../../kernel/report/model";
import { checkTable } from "../../kernel/report/table";
import type { Reader } from "../../kernel/report/reader";
import { checkReport } from "../../kernel/report/report";
import { validate, type Checked } from "../../kernel/report/validate";
import { CurvesMounted } from "./curves-view";
import { mountModelView } from "./model-view";
import type { MountedView, ViewHost } from "./mounted";
import { ReportView } from "./report-view";
import { mountValueTable } from "./value-table-view";

/** A view that is whole. */
export interface OpenedView {
  /** The fields of the contract, and nothing else that the saved JSON held. */
  readonly data: object;
  /** The name of its tab; it came from a file. */
  readonly name: string;
  /** Draws it into an element and keeps it alive. */
  mount(root: HTMLElement, host: ViewHost): MountedView;
}

const kindOf = <V extends object>(
  check: (reader: Reader) => V,
  mount: (root: HTMLElement, view: V, host: ViewHost) => MountedView,
  nameOf: (view: V) => string,
) => ({
  check,
  open(reader: Reader): OpenedView {
    const data = check(reader);
    return { data, name: nameOf(data), mount: (root, host) => mount(root, data, host) };
  },
});

/** A row for each kind of view. */
export const views = {
  report: kindOf(
    checkReport,
    (root, view, host) => new ReportView(root, view, host),
    (view) => view.model.name,
  ),
  model: kindOf(checkModel, mountModelView, (view) => view.model.name),
  curves: kindOf(
    checkCurves,
    (root, view, host) => new CurvesMounted(root, view, host),
    (view) => view.name,
  ),
  table: kindOf(checkTable, mountValueTable, () => "Table"),
} as const;

/** Anything that the table draws. */
export type View = ReturnType<(typeof views)[keyof typeof views]["check"]>;

/** Saved JSON → a view that can be mounted, or the sentence that says why not. */
export function openView(data: unknown): Checked<OpenedView> {
  return validate(data, Object.fromEntries(Object.entries(views).map(([kind, { open }]) => [kind, open])));
}
