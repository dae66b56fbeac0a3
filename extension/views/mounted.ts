import type { Preferences } from "../figures/state";

/** What a view does for its place in the page. */
export interface MountedView {
  /** Follows the width of the page. */
  resize(): void;
  /** Takes back everything that it put into the page. */
  dispose(): void;
}

/** What the page lends to a view. */
export interface ViewHost {
  readonly preferences: Preferences;
  /** Opens the view in a tab of its own, where the application has tabs. */
  readonly openInTab?: () => void;
}
