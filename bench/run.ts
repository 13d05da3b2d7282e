import { preferSmall } from '../src/cli/engine.ts';
import { type AccuracyReport, accuracy } from './accuracy.ts';
import { type CpuReport, cpu } from './cpu.ts';
import { type HashReport, hash } from './hash.ts';
import { type DaysReport, days } from './long/days.ts';
import { type HourReport, hour } from './long/hour.ts';
import { type ReloadsReport, reloads } from './long/reloads.ts';
import { daysLines, daysTargets, hourLines, hourTargets, reloadsLines, reloadsTargets } from './long/report.ts';
import { machineNow } from './machine.ts';
import { type MemoryReport, memory, memoryLines, memoryTargets } from './memory.ts';
import { finite, moduleTree, NoFigures } from './no-figures.ts';
import { type Options, optionsOf, type Part, usage } from './options.ts';
import { type PeersReport, peers } from './peers/peers.ts';
import { peersLines, peersTargets } from './peers/report.ts';
import { type ProfileReport, profile } from './profile.ts';
import { startProgress } from './progress.ts';
import { type ReactionReport, reaction } from './reaction.ts';
import {
  accuracyLines,
  cpuLines,
  hashLines,
  machineLines,
  profileLines,
  reactionLines,
  targetLines,
} from './report.ts';
import { scaleLines, scaleTargets } from './scale/report.ts';
import { type ScaleReport, scale } from './scale/scale.ts';
import { accuracyTargets, cpuTargets, hashTargets, reactionTargets, type Target } from './targets.ts';

// `npm run bench`: how exact, how dear and how quick we are, and how we hash what is large. See docs/performance.md.

/** A run that takes longer has lost a part: it ends rather than hangs. Long: a thousand reloads of 15 000 targets take half an hour. */
const runMsMax = { usual: 900_000, long: 3_600_000 };
const long: readonly Part[] = ['scale', 'reloads', 'days'];

interface Results {
  accuracy?: AccuracyReport;
  peers?: PeersReport;
  cpu?: CpuReport;
  memory?: MemoryReport;
  reaction?: ReactionReport;
  hash?: HashReport;
  scale?: ScaleReport;
  reloads?: ReloadsReport;
  days?: DaysReport;
  hour?: HourReport;
  profile?: ProfileReport;
}

async function bench(options: Options): Promise<void> {
  moduleTree();
  // As the daemon's first line does: the parts that probe in this process probe as it does.
  preferSmall();
  const machine = machineNow();
  const progress = startProgress();
  const results: Results = {};
  const targets: Target[] = [];
  const blocks: (readonly string[])[] = [machineLines(machine)];
  for (const part of options.parts) {
    switch (part) {
      case 'accuracy':
        results.accuracy = finite('accuracy', await accuracy(options.quick, progress));
        blocks.push(accuracyLines(results.accuracy));
        targets.push(...accuracyTargets(results.accuracy));
        break;
      case 'peers':
        results.peers = finite('peers', await peers(options.quick, progress));
        blocks.push(peersLines(results.peers));
        targets.push(...peersTargets(results.peers));
        break;
      case 'cpu':
        results.cpu = finite('cpu', await cpu(options.quick, progress));
        blocks.push(cpuLines(results.cpu));
        targets.push(...cpuTargets(results.cpu));
        break;
      case 'memory':
        results.memory = finite('memory', await memory(options.quick, progress));
        blocks.push(memoryLines(results.memory));
        targets.push(...memoryTargets(results.memory));
        break;
      case 'reaction':
        results.reaction = finite('reaction', await reaction(options.quick, progress));
        blocks.push(reactionLines(results.reaction));
        targets.push(...reactionTargets(results.reaction));
        break;
      case 'hash':
        results.hash = finite('hash', await hash(options.quick, progress));
        blocks.push(hashLines(results.hash));
        targets.push(...hashTargets(results.hash));
        break;
      case 'scale':
        results.scale = finite(
          'scale',
          await scale(options.targets.scale, options.reloads.scale, options.quick, progress),
        );
        blocks.push(scaleLines(results.scale));
        targets.push(...scaleTargets(results.scale));
        break;
      case 'reloads':
        results.reloads = finite('reloads', await reloads(options.targets.reloads, options.reloads.reloads, progress));
        blocks.push(reloadsLines(results.reloads));
        targets.push(...reloadsTargets(results.reloads));
        break;
      case 'days':
        results.days = finite('days', await days(options.days, progress));
        blocks.push(daysLines(results.days));
        targets.push(...daysTargets(results.days));
        break;
      case 'hour':
        results.hour = finite('hour', await hour(options.minutes, progress));
        blocks.push(hourLines(results.hour));
        targets.push(...hourTargets(results.hour));
        break;
      default:
        part satisfies never;
    }
  }
  if (options.profile) {
    results.profile = finite('profile', await profile(options.quick, progress));
    blocks.push(profileLines(results.profile));
  }
  progress.end();
  blocks.push(targetLines(targets));
  if (options.json) console.log(JSON.stringify({ machine, quick: options.quick, ...results, targets }, null, 2));
  else console.log(blocks.map((lines) => lines.join('\n')).join('\n\n'));
}

function runMsMaxOf({ parts, minutes }: Options): number {
  const usual = parts.some((part) => long.includes(part)) ? runMsMax.long : runMsMax.usual;
  return parts.includes('hour') ? usual + minutes * 60_000 : usual;
}

const options = optionsOf(process.argv.slice(2));
if (options === null) {
  console.error(usage);
  process.exitCode = 2;
} else {
  setTimeout(() => {
    console.error('bench: not done in time');
    process.exit(1);
  }, runMsMaxOf(options)).unref();
  await bench(options).catch((cause: unknown) => {
    if (!(cause instanceof NoFigures)) throw cause;
    console.error(`\nbench: ${cause.message}`);
    process.exit(1);
  });
  process.exit();
}
