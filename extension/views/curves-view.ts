import { boundIndex } from "../../kernel/report/curve-geometry";
import type { CurvesView } from "../../kernel/report/types";
import {
  curvePaints,
  curvesFigure,
  curvesPaper,
  initialCurvesState,
  nextMark,
  pointQuantities,
  pointSentence,
  type CurveMark,
  type CurvesFigure,
  type CurvesState,
} from "../figures/curves";
import { curvesCsv } from "../figures/csv";
import { curvesTable } from "../figures/table";
import { visible } from "../figures/text";
import { button, dropDown, Segments } from "./controls";
import { drawing, element, markElement, nameElement, uniqueId } from "./dom";
import { download, fileName } from "./download";
import { notice } from "./notice";
import { draw, erase, image, type PlotElement } from "./plotly";
import type { MountedView } from "./report-view";
import { TableView } from "./table-view";
import { onThemeChange, pageTheme } from "./theme";
import { Tooltip } from "./tooltip";

/** How near, in pixels, the pointer must come to a point. */
const reach = 18;

/** Draws curves into `root` and keeps them alive: legend that switches, figure or table, hover and keyboard from point to point. */
export class CurvesMounted implements MountedView {
  private state: CurvesState = initialCurvesState;
  private drawn: CurvesFigure | null = null;
  private active: CurveMark | null = null;
  private width = 0;
  private frame = 0;
  private disposed = false;
  private listening = false;
  private readonly legend = element("div", { class: "cb-Variants", role: "group", "aria-label": "Curves" });
  private readonly chips: HTMLButtonElement[];
  private readonly form: Segments<CurvesState["form"]>;
  private readonly plot: PlotElement = element("div", { class: "cb-Plot", "aria-hidden": "true" });
  private readonly marks = element("div", { class: "cb-Marks", "aria-hidden": "true" });
  private readonly panel = element("div", { class: "cb-Panel" }, this.plot, this.marks);
  private readonly options = element("div", { class: "cb-Hidden" });
  private readonly optionPrefix = uniqueId("point");
  private readonly place = element("div", { class: "cb-Figure", tabindex: 0 });
  private readonly problem = element("div", { "aria-live": "polite" });
  private readonly table = new TableView("Points as a table", {});
  private readonly tip = new Tooltip();
  private readonly stopTheme: () => void;

  constructor(
    private readonly root: HTMLElement,
    private readonly view: CurvesView,
    host: { readonly openInTab?: () => void },
  ) {
    this.chips = view.curves.map((curve, at) => {
      const chip = element("button", { type: "button", class: "cb-Chip" });
      chip.title = visible(curve.name);
      chip.addEventListener("click", () => this.toggle(at));
      return chip;
    });
    this.legend.append(...this.chips);
    this.form = new Segments(
      "Form",
      [
        { value: "figure", label: "curves" },
        { value: "table", label: "table" },
      ],
      (form) => this.change({ form }),
    );
    const bounds = view.curves.flatMap(({ kind, name }, at) => (kind === "bound" ? [{ at, name }] : []));
    const baseline = dropDown(
      "Values",
      "values as they are",
      bounds.map(({ at, name }) => ({ value: String(at), text: `above ${visible(name)}` })),
      (value) => this.change({ baseline: value === null ? null : Number(value) }),
    );
    baseline.classList.add("cb-Select-wide");
    baseline.hidden = bounds.length === 0;
    const downloads = element(
      "div",
      { class: "cb-Buttons", role: "group", "aria-label": "Download" },
      button("PNG", "Download the figure as PNG", () => void this.download("png")),
      button("SVG", "Download the figure as SVG", () => void this.download("svg")),
      button("CSV", "Download every number as CSV", () => void this.download("csv")),
    );
    if (host.openInTab) downloads.append(button("Tab", "Open the figure in a tab of its own", host.openInTab));
    this.panel.addEventListener("pointermove", (event) => this.onMove(event));
    this.panel.addEventListener("pointerleave", () => this.tip.hide());
    this.place.addEventListener("keydown", (event) => this.onKey(event));
    this.place.addEventListener("blur", () => this.tip.hide());
    root.replaceChildren(
      element(
        "header",
        { class: "cb-Title" },
        nameElement(view.name, "cb-Model"),
        element("bdi", { class: "cb-Quiet" }, visible(view.facts)),
        downloads,
      ),
      this.legend,
      element("div", { class: "cb-Controls", role: "group", "aria-label": "Figure" }, this.form.node, baseline),
      this.problem,
      this.place,
    );
    this.stopTheme = onThemeChange(() => this.redraw());
    this.resize();
  }

  resize(): void {
    const width = Math.min(1000, Math.floor(this.place.clientWidth));
    if (width === this.width || width === 0) return;
    this.width = width;
    this.redraw();
  }

  dispose(): void {
    this.disposed = true;
    cancelAnimationFrame(this.frame);
    this.stopTheme();
    this.tip.dispose();
    erase(this.plot);
    this.root.replaceChildren();
  }

  private change(next: Partial<CurvesState>): void {
    this.state = { ...this.state, ...next };
    this.tip.hide();
    this.redraw();
  }

  /** Switches a curve; the last one that is on stays on. */
  private toggle(at: number): void {
    const { hidden } = this.state;
    const next = hidden.includes(at) ? hidden.filter((one) => one !== at) : [...hidden, at];
    if (next.length < this.view.curves.length) this.change({ hidden: next });
  }

  /** Draws once in the next frame, however often it is asked. */
  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.disposed || this.width === 0) return;
      this.drawControls();
      this.problem.replaceChildren();
      if (this.view.curves.every(({ points }) => points.length === 0)) {
        this.place.replaceChildren(notice("No point was measured.", "empty"));
        this.place.removeAttribute("tabindex");
      } else if (this.state.form === "table") this.drawTable();
      else void this.drawFigure();
    });
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
    this.place.removeAttribute("role");
    this.place.removeAttribute("tabindex");
    this.place.replaceChildren(this.table.node);
    this.table.draw(curvesTable(this.view, this.state.hidden), []);
  }

  private async drawFigure(): Promise<void> {
    this.drawn = curvesFigure(this.view, this.state, pageTheme(this.root), this.width);
    const { figure, marks } = this.drawn;
    if (!marks.some(({ curve, point }) => this.active?.curve === curve && this.active.point === point))
      this.active = null;
    this.place.setAttribute("role", "listbox");
    this.place.setAttribute("tabindex", "0");
    this.place.setAttribute(
      "aria-label",
      `${marks.length} measured points. Left and right move along a curve, up and down to the next one, Escape leaves.`,
    );
    this.options.replaceChildren(
      ...marks.map((mark) => element("div", { role: "option", id: this.idOf(mark) }, this.sentence(mark))),
    );
    this.panel.style.width = `${figure.layout.width}px`;
    this.panel.style.height = `${figure.layout.height}px`;
    this.place.replaceChildren(this.panel, this.options);
    try {
      await draw(this.plot, figure);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.disposed) return erase(this.plot);
    if (!this.listening) this.plot.on?.("plotly_relayout", () => this.paintActive());
    this.listening = true;
    this.paintActive();
  }

  private idOf({ curve, point }: CurveMark): string {
    return `${this.optionPrefix}-${curve}-${point}`;
  }

  private sentence({ curve, point }: CurveMark): string {
    return visible(pointSentence(this.view, curve, point));
  }

  /** Where a mark is, in pixels of the panel, after any zoom; null when it is out of sight. */
  private pixelOf(mark: CurveMark): { x: number; y: number } | null {
    if (!this.drawn) return null;
    const { plot, figure } = this.drawn;
    const range = (name: string): readonly [number, number] => {
      const [low, high] = this.plot.layout?.[name]?.range ?? figure.layout.axes[name]?.range ?? [0, 1];
      return [low, high];
    };
    const [xLow, xHigh] = range("xaxis");
    const [yLow, yHigh] = range("yaxis");
    const x = (mark.x - xLow) / (xHigh - xLow);
    const y = (mark.y - yLow) / (yHigh - yLow);
    if (x < -0.001 || x > 1.001 || y < -0.001 || y > 1.001) return null;
    return { x: plot.left + x * plot.width, y: plot.top + (1 - y) * plot.height };
  }

  private onMove(event: PointerEvent): void {
    const origin = this.panel.getBoundingClientRect();
    const [x, y] = [event.clientX - origin.left, event.clientY - origin.top];
    let nearest: CurveMark | null = null;
    let distance = reach;
    for (const mark of this.drawn?.marks ?? []) {
      const at = this.pixelOf(mark);
      const away = at ? Math.hypot(at.x - x, at.y - y) : Infinity;
      if (away < distance) [nearest, distance] = [mark, away];
    }
    if (!nearest || event.buttons !== 0) return this.tip.hide();
    this.showTip(nearest, event.clientX, event.clientY);
  }

  private showTip(mark: CurveMark, clientX: number, clientY: number): void {
    const { hidden } = this.state;
    const key = `${mark.curve} ${mark.point} ${hidden.join()}`;
    this.tip.show(key, () => pointTip(this.view, mark, hidden), clientX, clientY);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.place || this.state.form === "table" || event.altKey || event.ctrlKey || event.metaKey)
      return;
    if (["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
      const next = nextMark(this.drawn?.marks ?? [], this.active, event.key);
      this.active = next;
      this.paintActive();
      const at = next && this.pixelOf(next);
      const origin = this.panel.getBoundingClientRect();
      if (next && at) this.showTip(next, origin.left + at.x, origin.top + at.y);
    } else if (event.key === "Escape") {
      this.active = null;
      this.tip.hide();
      this.paintActive();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private paintActive(): void {
    const { active } = this;
    for (const option of this.options.children)
      option.setAttribute("aria-selected", String(active !== null && option.id === this.idOf(active)));
    if (active) this.place.setAttribute("aria-activedescendant", this.idOf(active));
    else this.place.removeAttribute("aria-activedescendant");
    const at = active && this.pixelOf(active);
    if (!at) {
      this.marks.replaceChildren();
      return;
    }
    const ring = element("div", { class: "cb-Mark-active cb-Mark-point" });
    ring.style.left = `${at.x - 9}px`;
    ring.style.top = `${at.y - 9}px`;
    this.marks.replaceChildren(ring);
  }

  private async download(kind: "png" | "svg" | "csv"): Promise<void> {
    const { view } = this;
    try {
      if (kind === "csv") {
        const text = new Blob([curvesCsv(view)], { type: "text/csv;charset=utf-8" });
        return download(text, fileName(view.name, "curves", "csv"));
      }
      const figure = curvesPaper(view, this.state, Math.max(720, this.width));
      download(await image(figure, kind), fileName(view.name, "curves", kind));
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.disposed) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.problem.replaceChildren(notice(`The figure could not be drawn: ${reason.slice(0, 300)}`, "error"));
  }
}

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

/** A short stretch of a bound's line. */
function boundMark(index: number): SVGElement {
  const dash = ["", "5 3", "2 2"][Math.max(0, index) % 3];
  return drawing(
    "svg",
    { class: "cb-Mark", viewBox: "0 0 18 10", width: 18, height: 10, "aria-hidden": "true" },
    drawing("path", { d: "M0 5h18", class: "cb-BoundLine", "stroke-dasharray": dash || undefined }),
  );
}
