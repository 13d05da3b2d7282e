/** Each artifact counts as if it also had this many responses of average time. So its first responses change little. */
const prior = 3;
/** The maximum of `Mean.count`. Once it is reached, older responses lose weight in the mean. */
const kept = 60;

interface Mean {
  mean: number;
  count: number;
}

/**
 * Means of the logarithms of download times. `mirrors`: the mean of each mirror. `artifacts`: by question (the
 * artifact's request), how far the downloads of that artifact are from the means of their mirrors.
 */
export class ArtifactTimes {
  readonly mirrors = new Map<string, Mean>();
  readonly artifacts = new Map<string, Mean>();
}

/**
 * Adds one download to the means of its mirror and of its artifact. Each mean is corrected by the other, because a slow
 * mirror must not make its artifacts look large.
 */
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
 * The factor that converts the download time of this artifact to that of an average artifact; 1: no download of the
 * artifact is recorded. Without the factor, a large artifact would look like scatter or like a slow mirror.
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
