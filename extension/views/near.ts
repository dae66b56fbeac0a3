/** Calls back once, when `node` comes near the window: a notebook of many figures so opens at once. At once where the page cannot tell.
 *  Gives what ends the watch. */
export function whenNear(node: Element, callback: () => void): () => void {
  if (typeof IntersectionObserver === "undefined") {
    callback();
    return () => undefined;
  }
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      callback();
    },
    { rootMargin: "800px" },
  );
  watcher.observe(node);
  return () => watcher.disconnect();
}
