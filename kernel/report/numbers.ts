/** Numbers as words, in one place, so that text, table, static picture and live view say the same. Pure; imports nothing. */

const minus = (text: string): string => (text.startsWith("-") ? "−" + text.slice(1) : text);

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** A whole number with thousands separated: 589,824. */
export function formatCount(value: number): string {
  return minus(grouped(String(Math.round(value))));
}

/** Three significant digits: 20.8, 0.00452, 1,230; in powers of ten below 0.001 and from a million up: 4.52e−5. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(2).split("e");
  const power = Number(exponent);
  if (power < -3 || power > 5) return minus(mantissa) + "e" + minus(String(power));
  const rounded = Number(value.toPrecision(3));
  const [whole, fraction] = Math.abs(rounded)
    .toFixed(Math.max(0, 2 - power))
    .split(".");
  return (rounded < 0 ? "−" : "") + grouped(whole) + (fraction ? "." + fraction : "");
}

/** Three significant digits and a power of a thousand: 22.7 M, 135 M, 7.24 B; whole numbers below ten thousand. */
export function formatShort(value: number): string {
  if (Math.abs(value) < 9999.5) return formatCount(value);
  const units = ["k", "M", "B", "T"];
  let scaled = value / 1000;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${formatNumber(scaled)} ${units[unit]}`;
}

/** 512 B, 13.4 MiB: powers of 1024, three significant digits. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let scaled = bytes;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 ? formatCount(scaled) : formatNumber(scaled)} ${units[unit]}`;
}

/** One decimal, for columns that align; null is "∞": nothing was lost. The unit is dB. */
export function formatDecibels(value: number | null): string {
  return value === null ? "∞" : minus(value.toFixed(1));
}

/** A share 0–1 as a percentage with one decimal, without the sign: 43.8. */
export function formatPercent(share: number): string {
  return minus((100 * share).toFixed(1));
}

/** Bits per weight, two decimals: 4.71. */
export function formatBits(bits: number): string {
  return minus(bits.toFixed(2));
}

/** 1536 × 384; "scalar" for no dimensions. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" × ");
}

/** A tick of an axis, as short as it is: 0.5, 12, 1,000; powers of ten beyond. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    const [mantissa, power] = value.toExponential().split("e");
    const [digits, exponent] = [minus(mantissa), minus(String(Number(power)))];
    return `${digits}e${exponent}`;
  }
  const [whole, fraction] = String(size).split(".");
  return (value < 0 ? "−" : "") + grouped(whole) + (fraction ? `.${fraction}` : "");
}

/** Round ticks (1, 2 or 5 times a power of ten) that cover [minimum, maximum] from inside, about `wanted` of them. */
export function niceTicks(minimum: number, maximum: number, wanted = 5): number[] {
  if (!(maximum > minimum)) return [minimum];
  const rough = (maximum - minimum) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999) ?? 10 * power;
  const ticks: number[] = [];
  for (let k = Math.ceil(minimum / step - 1e-9); k * step <= maximum + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}
