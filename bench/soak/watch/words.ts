/**
 * Why a line that the daemon wrote must not be, or `null`: a defect, a rejection that nobody handled, a warning of Node's
 * own (listeners that leak among them), a crash, or anything that is no line of its log.
 */
export function troubleIn(line: string): string | null {
  if (line.trim() === '') return null;
  // Its file took five seconds to read: said before there is a log, and tried again (guest.ts).
  if (!line.startsWith('{')) return line.includes('ETIMEDOUT') ? null : 'no line of the log';
  try {
    const { msg, level } = JSON.parse(line) as { readonly msg?: unknown; readonly level?: unknown };
    if (typeof msg !== 'string' || typeof level !== 'string') return 'a line of the log without words';
    if (/defect|unhandled|uncaught/i.test(msg)) return 'a defect';
    return null;
  } catch {
    return 'no line of the log';
  }
}
