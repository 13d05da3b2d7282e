/** With few responses, an artifact counts as near to average: as if it had this many average ones. */
const prior = 3;
/** Older responses lose weight against this many. */
const kept = 60;

interface Mean {
  mean: number;
  count: number;
}

/** Logarithms of the times of downloads: by mirror, and by question what they differ from that of their mirror. */
export interface ArtifactTimes {
  readonly mirrors: Map<string, Mean>;
  readonly artifacts: Map<string, Mean>;
}

export function newArtifactTimes(): ArtifactTimes {
  return { mirrors: new Map(), artifacts: new Map() };
}

/** Some artifacts are downloaded from slow mirrors more often: this must not make them look large. */
export function recordArtifactTime(times: ArtifactTimes, registry: string, question: string, tookMs: number): void {
  const log = Math.log(Math.max(1, tookMs));
  const artifact = times.artifacts.get(question) ?? { mean: 0, count: 0 };
  const average = log - (artifact.mean * artifact.count) / (artifact.count + prior);
  const mirror = times.mirrors.get(registry) ?? { mean: average, count: 0 };
  times.artifacts.set(question, added(artifact, log - mirror.mean));
  times.mirrors.set(registry, added(mirror, average));
}

function added({ mean, count }: Mean, value: number): Mean {
  const more = Math.min(kept, count + 1);
  return { mean: mean + (value - mean) / more, count: more };
}

/**
 * The factor that turns the time of this artifact into that of an average one: large artifacts take longer at every mirror, and
 * this must not look like scatter, nor like a slow mirror.
 */
export function averageFactorOf({ artifacts }: ArtifactTimes, question: string): number {
  const own = artifacts.get(question);
  if (own === undefined) return 1;
  let [sum, weight] = [0, 0];
  for (const { mean, count } of artifacts.values()) {
    const share = count / (count + prior);
    sum += mean * share;
    weight += share;
  }
  return Math.exp(((sum / weight - own.mean) * own.count) / (own.count + prior));
}
