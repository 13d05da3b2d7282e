const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Wall ms of `Sat, 10 Feb 2024 11:07:25 UTC` (or GMT, or `+0000`), as Release files and headers have it; `null`: no such date. */
export function mailDate(text: string): number | null {
  const [, day, month = '', year, time] =
    /^\w{3}, (\d{1,2}) (\w{3}) (\d{4}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT|\+0000)$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/** Wall ms of `Wed Jul 17 20:15:36 UTC 2024`, as `date -u` prints it; `null`: no such date. */
export function unixDate(text: string): number | null {
  const [, month = '', day, time, year] =
    /^\w{3} (\w{3}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:UTC|GMT) (\d{4})$/.exec(text.trim()) ?? [];
  return utc(year, month, day, time);
}

/** Wall ms of seconds since 1970, alone on a line; `null`: no such number, or none of our times. */
export function epochSeconds(text: string): number | null {
  const [, seconds] = /^(\d{9,10})\s*$/.exec(text) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Wall ms of `20240717201536`, UTC; `null`: no such date. */
export function compactDate(text: string): number | null {
  const [, year, month, day, h, m, s] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text) ?? [];
  return utc(year, months[Number(month) - 1] ?? '', day, `${h}:${m}:${s}`);
}

function utc(
  year: string | undefined,
  month: string,
  day: string | undefined,
  time: string | undefined,
): number | null {
  const at = months.indexOf(month);
  if (year === undefined || day === undefined || time === undefined || at < 0) return null;
  const ms = Date.parse(`${year}-${String(at + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time}Z`);
  return Number.isNaN(ms) ? null : ms;
}
