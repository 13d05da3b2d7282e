/** Memory of this process that is in RAM, threads included, bytes; `null` where the machine does not tell (no /proc). */
export function residentBytes(): number | null {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
}

/** True where we may become somebody else. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
