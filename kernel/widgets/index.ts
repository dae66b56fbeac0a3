/** Controls in the notebook: `import { widgets } from "codebook"`, then `new widgets.IntSlider({ … })`. They are Jupyter's own widgets, driven
 *  from here; JupyterLab and Notebook draw them where the Python package jupyterlab_widgets is installed beside them. */
export { AnyWidget, type AnyWidgetOptions } from "./any-widget";
export { HBox, VBox, type BoxOptions } from "./boxes";
export { Button, type ButtonOptions } from "./button";
export { Checkbox, Dropdown, type CheckboxOptions, type DropdownOptions } from "./choices";
export { Image, type ImageOptions } from "./image";
export { Output } from "./output";
export { FloatProgress, FloatSlider, IntProgress, IntSlider } from "./sliders";
export type { ProgressOptions, SliderOptions } from "./sliders";
export { HTML, Label, Text, type LabelOptions, type TextOptions } from "./words";
export { Widget, type WidgetChange, type WidgetOptions } from "./widget";
export type { LayoutOptions, StyleOptions, WidgetSettings } from "./settings";
