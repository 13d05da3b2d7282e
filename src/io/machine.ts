/** Memory of this process that is in RAM, threads included, bytes. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}
