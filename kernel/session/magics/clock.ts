/** How long something took: processor time and time on the wall, as IPython's `%time` prints them. */

/** A duration in the unit that suits it, three significant digits: "412 µs", "3.2 ms", "1 min 5 s". */
export function durationText(milliseconds: number): string {
  const three = (value: number) => String(Number(value.toPrecision(3)));
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 999.5) return `${three(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${three(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Starts a clock. What comes back gives the two lines for the time since then. */
export function startClock(): () => string {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  return () => {
    const milliseconds = performance.now() - wall;
    const { user, system } = process.cpuUsage(cpu);
    const [inUser, inSystem] = [user / 1000, system / 1000].map(durationText);
    const total = durationText((user + system) / 1000);
    return `CPU times: user ${inUser}, sys ${inSystem}, total ${total}\nWall time: ${durationText(milliseconds)}\n`;
  };
}
