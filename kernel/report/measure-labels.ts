/** The words of the numbers in a report, from the table of measures: what stands behind a panel's title at its axis ("higher is better"), the heading of a
 *  column, and numbers with their digits and units. Every form, live and static, takes them from here. Pure. */
import { measures, shownValue, type Measured, type MeasureKey } from "./measures";

/** Digits without a unit, as static forms write them: an infinite number is "∞", a missing one "–". */
export function measureDigits(key: MeasureKey, measured: Measured): string {
  const value = shownValue(key, measured);
  return value === undefined ? "–" : value === null ? "∞" : measures[key].digits(value);
}

/** Digits and unit, as the live view writes them: "20.8 dB"; an infinite number is "lossless". */
export function formatMeasure(key: MeasureKey, value: number | null): string {
  const { digits, unit } = measures[key];
  return value === null ? "lossless" : unit ? `${digits(value)} ${unit}` : digits(value);
}

/** Digits in a phrase: "20.8 dB", "43.8 % zeros", "4.25 bits/weight". */
export function measurePhrase(key: MeasureKey, measured: Measured): string {
  return `${measureDigits(key, measured)} ${measures[key].phrase}`;
}

/** A label or phrase as it is read aloud: "bits per weight" for "bits/weight". */
export function spoken(words: string): string {
  return words.replace("/", " per ");
}

/** The heading of a column of digits: "SQNR dB", "zeros %", "bits/weight". */
export function measureHeading(key: MeasureKey): string {
  const { label, unit } = measures[key];
  return unit ? `${label} ${unit}` : label;
}

/** What stands behind the title of a live panel: "SQNR, higher is better". */
export function measureNote(key: MeasureKey): string {
  const { label, note, better } = measures[key];
  return note ?? (better ? `${label}, ${better} is better` : label);
}
