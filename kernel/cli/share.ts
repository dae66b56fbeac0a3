/** `part` of `whole` as a share: "12.5 %"; nothing where there is no whole. */
export function share(part: number, whole: number): string {
  return whole === 0 ? "" : `${((100 * part) / whole).toFixed(1)} %`;
}
