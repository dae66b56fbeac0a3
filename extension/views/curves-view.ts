import { boundIndex } from "../../kernel/report/curve-geometry";
import { curvesToCsv } from "../../kernel/report/curve-rows";
import type { CurvesView } from "../../kernel/report/curves";
import { nextMark, pointQuantities, pointSentence } from "../figures/curve-points";
import {
  curvePaints,
  curvesFigure,
  curvesPaper,
  initialCurvesState,
  type CurveMark,
  type CurvesFigure,
  type CurvesState,
} from "../figures/curves";
import { curvesTable } from "../figures/curves-table";
import { visible } from "../figures/text";
import { dropDown, Segments } from "./controls";
import { CurvesPanel } from "./curves-panel";
import { boundMark, element, markElement, nameElement } from "./dom";
import type { MountedView, ViewHost } from "./mounted";
import { OptionList } from "./option-list";
import { TableView } from "./table-view";
import { pageTheme } from "./theme";
import { Tooltip } from "./tooltip";
import { downloadButtons, titleLine, ViewFrame, type DownloadKind } from "./view-frame";

/** The widest figure of curves, in pixels. */
const mostWidth = 1000;

/** Draws curves into `root` and keeps them alive: legend that switches, figure or table, hover and keyboard from point to point. */
export class CurvesMounted implements MountedView {
  private state: CurvesState = initialCurvesState;
  private drawn: CurvesFigure | null = null;
  private active: CurveMark | null = null;
  private readonly frame = new ViewFrame(() => this.draw(), mostWidth);
  private readonly chips: HTMLButtonElement[];
  private readonly form: Segments<CurvesState["form"]>;
  private readonly panel: CurvesPanel;
  private readonly options = new OptionList(this.frame.place, "point");
  private readonly table = new TableView("Points as a table", {});
  private readonly tip = new Tooltip();

  constructor(
    private readonly root: HTMLElement,
    private readonly view: CurvesView,
    host: Pick<ViewHost, "openInTab">,
  ) {
    const { place, problem } = this.frame;
    this.chips = view.curves.map((curve, at) => {
      const chip = element("button", { type: "button", class: "cb-Chip" });
      chip.title = visible(curve.name);
      chip.addEventListener("click", () => this.toggle(at));
      return chip;
    });
    this.form = new Segments(
      "Form",
      [
        { value: "figure", label: "curves" },
        { value: "table", label: "table" },
      ],
      (form) => this.change({ form }),
    );
    this.panel = new CurvesPanel({
      hover: (mark, x, y) => (mark ? this.showTip(mark, x, y) : this.tip.hide()),
      failed: (error) => this.frame.fail(error),
    });
    place.addEventListener("keydown", (event) => this.onKey(event));
    place.addEventListener("blur", () => this.tip.hide());
    root.replaceChildren(
      titleLine(
        view.name,
        view.facts,
        downloadButtons((kind) => void this.save(kind), host.openInTab),
      ),
      element("div", { class: "cb-Variants", role: "group", "aria-label": "Curves" }, ...this.chips),
      element(
        "div",
        { class: "cb-Controls", role: "group", "aria-label": "Figure" },
        this.form.node,
        this.baselineList(),
      ),
      problem,
      place,
    );
    this.resize();
  }

  resize(): void {
    this.frame.resize();
  }

  dispose(): void {
    this.frame.dispose();
    this.tip.dispose();
    this.panel.dispose();
    this.root.replaceChildren();
  }

  /** The choice of a bound that the curves are drawn above. */
  private baselineList(): HTMLSelectElement {
    const bounds = this.view.curves.flatMap(({ kind, name }, at) => (kind === "bound" ? [{ at, name }] : []));
    const list = dropDown(
      "Values",
      "values as they are",
      bounds.map(({ at, name }) => ({ value: String(at), text: `above ${visible(name)}` })),
      (value) => this.change({ baseline: value === null ? null : Number(value) }),
    );
    list.classList.add("cb-Select-wide");
    list.hidden = bounds.length === 0;
    return list;
  }

  private change(next: Partial<CurvesState>): void {
    this.state = { ...this.state, ...next };
    this.tip.hide();
    this.frame.redraw();
  }

  /** Switches a curve; the last one that is on stays on. */
  private toggle(at: number): void {
    const { hidden } = this.state;
    const next = hidden.includes(at) ? hidden.filter((one) => one !== at) : [...hidden, at];
    if (next.length < this.view.curves.length) this.change({ hidden: next });
  }

  private draw(): void {
    this.drawControls();
    this.frame.problem.replaceChildren();
    if (this.view.curves.every(({ points }) => points.length === 0)) this.frame.showEmpty("No point was measured.");
    else if (this.state.form === "table") this.drawTable();
    else this.drawFigure();
  }

  private drawControls(): void {
    this.form.set(this.state.form);
    const paint = curvePaints(this.view, this.state.hidden);
    this.chips.forEach((chip, at) => {
      const own = paint[at];
      chip.setAttribute("aria-pressed", String(!this.state.hidden.includes(at)));
      const mark = own ? markElement(own.colour, own.symbol) : boundMark(boundIndex(this.view, at));
      chip.replaceChildren(mark, nameElement(this.view.curves[at].name, "cb-VariantName"));
    });
  }

  private drawTable(): void {
    this.active = null;
    this.frame.showTable(this.table.node);
    this.table.draw(curvesTable(this.view, this.state.hidden), []);
  }

  private drawFigure(): void {
    this.drawn = curvesFigure(this.view, this.state, pageTheme(this.root), this.frame.width);
    const { marks } = this.drawn;
    if (!marks.some(({ curve, point }) => this.active?.curve === curve && this.active.point === point))
      this.active = null;
    this.options.fill(
      `${marks.length} measured points. Left and right move along a curve, up and down to the next one, Escape leaves.`,
      marks.map((mark) => ({ key: keyOf(mark), sentence: visible(pointSentence(this.view, mark.curve, mark.point)) })),
    );
    this.frame.place.replaceChildren(this.panel.node, this.options.node);
    this.setActive(this.active);
    void this.panel.draw(this.drawn);
  }

  private setActive(mark: CurveMark | null): void {
    this.active = mark;
    this.options.setActive(mark && keyOf(mark));
    this.panel.setActive(mark);
  }

  private showTip(mark: CurveMark, clientX: number, clientY: number): void {
    const { hidden } = this.state;
    this.tip.show(`${keyOf(mark)} ${hidden.join()}`, () => pointTip(this.view, mark, hidden), clientX, clientY);
  }

  private onKey(event: KeyboardEvent): void {
    const { target, key, altKey, ctrlKey, metaKey } = event;
    if (target !== this.frame.place || this.state.form === "table" || altKey || ctrlKey || metaKey) return;
    if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(key)) {
      const next = nextMark(this.drawn?.marks ?? [], this.active, key);
      this.setActive(next);
      const at = next && this.panel.positionOf(next);
      if (next && at) this.showTip(next, at.x, at.y);
    } else if (key === "Escape") {
      this.setActive(null);
      this.tip.hide();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private save(kind: DownloadKind): Promise<void> {
    const { view, state, frame } = this;
    const figure = () => curvesPaper(view, state, Math.max(720, frame.width));
    return frame.save(kind, view.name, "curves", () => curvesToCsv(view), figure);
  }
}

const keyOf = ({ curve, point }: CurveMark): string => `${curve}-${point}`;

/** What was run, its values on both axes, and how far it lies above each bound. */
function pointTip(view: CurvesView, { curve, point }: CurveMark, hidden: readonly number[]): readonly HTMLElement[] {
  const own = curvePaints(view, hidden)[curve];
  const { name, points } = view.curves[curve];
  const lines = pointQuantities(view, curve, point).map(({ label, value }) =>
    element("tr", {}, element("th", { scope: "row" }, nameElement(label, "cb-VariantName")), element("td", {}, value)),
  );
  return [
    element(
      "div",
      { class: "cb-Tip-name" },
      own ? markElement(own.colour, own.symbol) : null,
      own ? " " : null,
      nameElement(points[point].label ?? name, "cb-Layer"),
    ),
    element("table", { class: "cb-Measures" }, element("tbody", {}, ...lines)),
  ];
}
