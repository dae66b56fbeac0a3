import { element } from "./dom";

/** Hands bytes to the reader as a file. */
export function download(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: fileName, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the bytes by the time this runs.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A model's name as a file's: letters, digits, dots and dashes. */
export function fileName(model: string, what: string, extension: string): string {
  const safe = model
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 60);
  return `${safe || "model"}-${what}.${extension}`;
}
