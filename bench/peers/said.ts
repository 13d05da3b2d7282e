/** The phases that all probers tell and of which something is known. */
export const comparedPhases = ['connect', 'tls', 'processing', 'transfer'] as const;
export type ComparedPhase = (typeof comparedPhases)[number];
/** What a prober says that each took, milliseconds. */
export type PhasesSaid = Readonly<Record<ComparedPhase, number>>;

/** Each line of the C program by the number of its probe; `null` where that failed. Other lines are no probes. */
export function saidByFloor(text: string): ReadonlyMap<number, PhasesSaid | null> {
  const said = new Map<number, PhasesSaid | null>();
  for (const line of text.split('\n')) {
    const [number = '', ...times] = line.split(' ');
    if (!/^\d+$/.test(number)) continue;
    const [connect, tls, processing, transfer] = times.map(Number);
    said.set(Number(number), phasesOf(connect, tls, processing, transfer));
  }
  return said;
}

/** What curl is told to write (`-w`): all that the phases take. */
export const curlFormat =
  '%{exitcode} %{http_code} %{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total}\n';

/**
 * What curl wrote by `curlFormat`; `null` where it did not get a 200.
 * @see curl(1), --write-out: seconds since the start, so that each phase is a difference
 */
export function saidByCurl(text: string): PhasesSaid | null {
  const [exit, status, ...seconds] = text.trim().split(' ').map(Number);
  if (exit !== 0 || status !== 200) return null;
  const [resolved = Number.NaN, connected = Number.NaN, secured = Number.NaN, first = Number.NaN, end = Number.NaN] =
    seconds.map((second) => second * 1_000);
  return phasesOf(connected - resolved, secured - connected, first - secured, end - first);
}

/**
 * What the page of a probe by blackbox_exporter says; `null` where the probe failed or lacks a phase.
 * @see blackbox_exporter prober/http.go: `probe_http_duration_seconds`
 */
export function saidByBlackbox(page: string): PhasesSaid | null {
  if (!/^probe_success 1$/m.test(page)) return null;
  const times = Object.fromEntries(
    [...page.matchAll(/^probe_http_duration_seconds\{phase="(\w+)"\} (\S+)$/gm)].map(([, phase, seconds]) => [
      phase,
      Number(seconds) * 1_000,
    ]),
  );
  return phasesOf(times.connect, times.tls, times.processing, times.transfer);
}

/** `null` where one is missing or no number. */
export function phasesOf(connect = Number.NaN, tls = Number.NaN, processing = Number.NaN, transfer = Number.NaN) {
  const said: PhasesSaid = { connect, tls, processing, transfer };
  return Object.values(said).every(Number.isFinite) ? said : null;
}
