import type { HttpProtocol } from '../../src/core/transcript.ts';
import { systemClock } from '../../src/io/clock.ts';
import { createLog } from '../../src/io/log.ts';
import { countProbingThreads } from '../../src/io/machine.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { createWorkers } from '../../src/io/workers.ts';
import { startBlackbox } from '../../test/support/blackbox.ts';
import { findCommand } from '../../test/support/paths.ts';
import { type Apparatus, openApparatus, type Waits } from '../apparatus.ts';
import { startChild } from '../child.ts';
import { isCalm, type Stretch, watchOthers } from '../disturbance.ts';
import { answered, NoFigures, treeModules } from '../no-figures.ts';
import { asDaemon, weighAsWe } from '../priority.ts';
import type { Progress } from '../progress.ts';
import { openScrapeLoad } from '../scrape-load.ts';
import { mean } from '../statistics.ts';
import { fireBlackbox } from './blackbox.ts';
import {
  type Errors,
  errorsOf,
  type PeerRow,
  type Prober,
  peerRows,
  probers,
  type Round,
  type Shot,
} from './errors.ts';
import { buildFloor } from './floor.ts';
import { fireOurs } from './ours.ts';
import type { Turn } from './turn.ts';

/** The same over each HTTP version; the C program speaks HTTP/1.1 alone. */
export type PeersReports = { readonly [P in HttpProtocol]: PeersReport };

/** How exact each prober was, beside the others. */
export interface PeersReport {
  readonly perSecond: number;
  /** A process for each probe takes cores of its own, so curl probes less often. */
  readonly curlPerSecond: number;
  readonly turnMs: number;
  /** Rounds that count, and those left out because others were at work. */
  readonly rounds: number;
  readonly disturbed: number;
  readonly lines: number;
  readonly scrapes: number;
  readonly blackboxScrapes: number;
  readonly probes: number;
  readonly failed: number;
  /** Why a prober did not run: no compiler, no curl. */
  readonly missing: readonly string[];
  readonly rows: readonly PeerRow[];
  readonly apparatusFirst: boolean;
  readonly link: { readonly lateMsMean: number; readonly lateMsMax: number };
  readonly othersCores: number;
  /** Whether the rounds that count are undisturbed ones. */
  readonly calm: boolean;
}

const perSecond = 200;
const curlPerSecond = 20;
const scrapeEveryMs = 2_000;
const linesWanted = 150_000;
const waits: Waits = { linkMs: 20, firstMs: 50, lastMs: 30 };
/** Left out at the start of each turn, while threads and code settle. */
const settleMs = 2_000;
const [linkFile] = treeModules;
/** With fewer undisturbed rounds than this, all of them count. */
const roundsMin = 3;

/** One prober as the rounds see it. */
interface Ready {
  readonly prober: Prober;
  readonly fire: (turn: Turn) => Promise<readonly Shot[]>;
  readonly perSecond: number;
}

/** The daemon's worker pool, blackbox_exporter, curl and a C program probe the same two mirrors at the same pace, in turns. */
export async function peers(quick: boolean, progress: Progress): Promise<PeersReports> {
  return { '1.1': await peersOver('1.1', quick, progress), '2': await peersOver('2', quick, progress) };
}

async function peersOver(protocol: HttpProtocol, quick: boolean, progress: Progress): Promise<PeersReport> {
  const [rounds, roundsMax, turnMs] = quick ? [2, 2, 4_000] : [5, 6, 10_000];
  progress.say(`peers: starting link, servers, page and blackbox_exporter, HTTP/${protocol}`);
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const apparatus = await openApparatus(protocol);
    closers.push(apparatus.close);
    const cast = await openCast(apparatus, protocol, closers);
    await apparatus.set(waits);
    for (const one of cast.ready) {
      progress.say(`peers: warming up ${one.prober}`);
      await one.fire(turnOf(apparatus, one, 'w', settleMs));
    }
    await apparatus.known(waits);
    const all: { readonly round: Round; readonly stretch: Stretch }[] = [];
    const calm = () => all.filter(({ stretch }) => isCalm(stretch));
    const count = { ok: 0, failed: 0 };
    for (let n = 0; n < roundsMax && calm().length < rounds; n += 1) {
      progress.say(`peers, HTTP/${protocol}: round ${n + 1}, ${calm().length} of ${rounds} undisturbed so far`);
      const watch = watchOthers();
      const round: Partial<Record<Prober, Errors>> = {};
      for (const one of rotated(cast.ready, n)) {
        const fired = await one.fire(turnOf(apparatus, one, `r${n}`, settleMs + turnMs));
        const shots = fired.slice((settleMs / 1_000) * one.perSecond);
        const known = await apparatus.known(waits);
        const failed = shots.filter(({ said }) => said === null).length;
        answered(one.prober, { ok: shots.length - failed, failed });
        count.ok += shots.length - failed;
        count.failed += failed;
        round[one.prober] = errorsOf(shots, ({ made, id }) => (made === 'link' ? known.link : known.server(id)));
      }
      all.push({ round, stretch: watch() });
    }
    const counted = calm().length >= roundsMin ? calm() : all;
    return {
      perSecond,
      curlPerSecond,
      turnMs,
      rounds: counted.length,
      disturbed: all.length - counted.length,
      ...cast.scraped(),
      probes: count.ok,
      failed: count.failed,
      missing: cast.missing,
      rows: peerRows(counted.map(({ round }) => round)),
      apparatusFirst: apparatus.isFirst,
      link: await apparatus.lateness(),
      othersCores: mean(all.map(({ stretch }) => stretch.othersCores)),
      calm: counted.every(({ stretch }) => isCalm(stretch)),
    };
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

function turnOf(apparatus: Apparatus, { prober, perSecond: pace }: Ready, round: string, forMs: number): Turn {
  const { link, server } = apparatus.urls(waits);
  const { module, version } = linkFile;
  return { link: `${link}/${module}/@v/${version}.mod`, server, name: `${prober}${round}`, perSecond: pace, forMs };
}

/** Each round begins with another prober, so that none always follows the same. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/** Starts all probers, each with what scrapes it. */
async function openCast(apparatus: Apparatus, protocol: HttpProtocol, closers: (() => Promise<void> | void)[]) {
  const { ca, caFile } = apparatus;
  const missing: string[] = [];
  const fires: Partial<Record<Prober, Ready['fire']>> = {};

  const load = await openScrapeLoad(linesWanted, scrapeEveryMs);
  closers.push(load.close);
  const log = createLog({ level: 'warn', pretty: false });
  const deps = { clock: systemClock, timers: systemTimers, log };
  const workers = createWorkers({ count: countProbingThreads(), book: apparatus.at(waits).book, ...deps });
  closers.push(() => workers.close());
  fires.quiet = (turn) => asDaemon(() => fireOurs(workers, linkFile, { ca, protocol }, turn, load.sample));
  fires.ours = async (turn) => {
    load.start();
    try {
      return await asDaemon(() => fireOurs(workers, linkFile, { ca, protocol }, turn, load.sample));
    } finally {
      await load.stop();
    }
  };

  const blackbox = await startBlackbox(caFile);
  closers.push(blackbox.close);
  weighAsWe(blackbox.pid);
  let blackboxScrapes = 0;
  fires.blackbox = async (turn) => {
    const scraper = startChild('scraper', [`${blackbox.url}/metrics`, `${scrapeEveryMs}`]);
    scraper.process.on('message', () => {
      blackboxScrapes += 1;
    });
    try {
      return await fireBlackbox(blackbox.port, turn);
    } finally {
      await scraper.close();
    }
  };

  const curl = findCommand('curl');
  if (curl === null) missing.push('no curl');
  else {
    const child = startChild('peers/curl-child', [curl, caFile]);
    closers.push(child.close);
    fires.curl = async (turn) => {
      child.say(turn);
      return (await child.hear()) as readonly Shot[];
    };
  }

  const node = startChild('peers/node-child', [caFile, protocol]);
  closers.push(node.close);
  fires.node = async (turn) => {
    node.say(turn);
    return (await node.hear()) as readonly Shot[];
  };

  const floor = protocol === '2' ? 'the C program speaks HTTP/1.1' : await buildFloor(caFile);
  if (typeof floor === 'string') missing.push(`no floor: ${floor}`);
  else {
    closers.push(floor.close);
    fires.floor = floor.fire;
  }

  const ready = probers.flatMap((prober): Ready[] => {
    const fire = fires[prober];
    return fire === undefined ? [] : [{ prober, fire, perSecond: prober === 'curl' ? curlPerSecond : perSecond }];
  });
  if (ready.length === 0) throw new NoFigures('peers: nobody to compare');
  return { ready, missing, scraped: () => ({ lines: load.lines, scrapes: load.scrapes(), blackboxScrapes }) };
}
