// What a run prints at its end.

/** A line for each room, and whether the limits hold: { text, isEnough }. */
export function table(mutants, least) {
  const byRoom = new Map();
  for (const { room, noticed } of mutants) {
    const row = byRoom.get(room) ?? { tried: 0, noticed: 0 };
    row.tried++;
    if (noticed) row.noticed++;
    byRoom.set(room, row);
  }
  const whole = { tried: mutants.length, noticed: mutants.filter(({ noticed }) => noticed).length };
  const share = ({ tried, noticed }) => noticed / tried;
  const isLow = (row, limit) => share(row) < limit;
  const line = (name, row, limit) =>
    [
      name.padEnd(12),
      String(row.tried).padStart(6),
      String(row.noticed).padStart(8),
      `${(100 * share(row)).toFixed(0)} %`.padStart(7),
      isLow(row, limit) ? `  under ${100 * limit} %` : "",
    ].join("");
  const rows = [...byRoom].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    text: [
      `${"room".padEnd(12)} tried noticed  share`,
      ...rows.map(([name, row]) => line(name, row, least.room)),
      line("all", whole, least.whole),
    ].join("\n"),
    isEnough: !isLow(whole, least.whole) && rows.every(([, row]) => !isLow(row, least.room)),
  };
}
