/** One family as read back. */
type Family = { type: string; unit: string | null; samples: number };

const labels = String.raw`\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\}`;
const number = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)`;
const sampleLine = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(${labels})? (${number})( # (${labels}) (${number})( ${number})?)?$`,
);

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['_sum', '_count'],
};

function startFamily(families: Map<string, Family>, keyword: string, name: string, rest: string): Family {
  const known = families.get(name);
  if (keyword === 'HELP') {
    if (known !== undefined) throw new Error(`family twice: ${name}`);
    families.set(name, { type: '', unit: null, samples: 0 });
  } else if (known === undefined || known.samples > 0) throw new Error(`${keyword} out of place: ${name}`);
  else if (keyword === 'TYPE') known.type = rest;
  else if (keyword === 'UNIT' && name.endsWith(`_${rest}`)) known.unit = rest;
  else throw new Error(`bad line of ${name}: ${keyword} ${rest}`);
  return families.get(name) as Family;
}

/** An exemplar belongs to a bucket that holds its value, and its labels are at most 128 characters. */
function checkExemplar(line: string, exemplarLabels: string, value: string, name: string, ownLabels: string): void {
  if (!name.endsWith('_bucket')) throw new Error(`exemplar outside a bucket: ${line}`);
  if (exemplarLabels.length > 128) throw new Error(`exemplar too long: ${line}`);
  const bound = /le="([^"]+)"/.exec(ownLabels)?.[1] ?? '';
  if (Number(value) > (bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound)))
    throw new Error(`exemplar above its bucket: ${line}`);
}

/**
 * Reads an OpenMetrics text strictly: one family after another, each once, samples named after their family's type,
 * no series twice, exemplars where they may be, an end mark and nothing after it.
 * @throws Error that names the line
 */
export function readOpenMetrics(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n# EOF\n')) throw new Error('no end mark');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -'# EOF\n'.length - 1).split('\n')) {
    const head = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line);
    if (head !== null) {
      const [, keyword = '', name = '', rest = ''] = head;
      startFamily(families, keyword, name, rest);
      current = name;
      continue;
    }
    const parts = sampleLine.exec(line);
    if (parts === null) throw new Error(`not a sample: ${line}`);
    const [, name = '', ownLabels = '', , exemplar, exemplarLabels = '', exemplarValue = ''] = parts;
    const family = families.get(current);
    const belongs = suffixes[family?.type ?? '']?.some((suffix) => `${current}${suffix}` === name) ?? false;
    if (family === undefined || !belongs) throw new Error(`outside its family ${current}: ${line}`);
    if (seen.has(name + ownLabels)) throw new Error(`series twice: ${line}`);
    seen.add(name + ownLabels);
    family.samples += 1;
    if (exemplar !== undefined) checkExemplar(line, exemplarLabels, exemplarValue, name, ownLabels);
  }
  return families;
}
