import { declaredChainOf } from '../../config/chain.ts';
import { escapeWord } from '../../core/command-line.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import type { Machine, Trap } from '../../core/trap.ts';
import { type Today, trapOf } from '../../ecosystems/doctor.ts';
import { leadingClientOf, type Protection } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { readSurroundings } from './assignments.ts';
import { type OnlineProber, type OnlineSubject, type SeenSubject, subjectPlaceOf } from './online-subject.ts';

/** Reads what clients of the ecosystems with protections use on this machine. */
export async function readToday(machine: Machine): Promise<ReadonlyMap<EcosystemId, Today>> {
  const surroundings = await readSurroundings(machine);
  const found = new Map<EcosystemId, Today>();
  for (const { id, protections, doctor } of registry.all) {
    const today = protections === undefined ? undefined : await (await doctor?.())?.today?.(surroundings);
    if (today !== undefined) found.set(id, today);
  }
  return found;
}

/** True if the command line names the mirror, or the chain of this machine or of the configuration does. */
function isInUse({ config, question: { mirror }, isNamed }: OnlineSubject, today: Today | undefined): boolean {
  const kind = registry.of(mirror.ecosystem);
  if (isNamed || kind === null) return isNamed;
  const client = leadingClientOf(kind, config);
  const { key } = client.member(mirror.url);
  return [today?.chain?.text, declaredChainOf(config, mirror.ecosystem, mirror.upstream)].some((chain) => {
    const parsed = client.parse(chain ?? '');
    return parsed.tag === 'ok' && parsed.value.members.some((member) => member.key === key);
  });
}

/**
 * Returns a trap if a mirror in use lacks what protections need: settings and defaults of this machine, and those that
 * the configuration names. At most one request is sent for each step that shows it, beside the canary.
 */
export async function findUnserved(
  { subject, probed }: SeenSubject,
  { probe, today: ofMachine, say }: OnlineProber,
): Promise<readonly Trap[]> {
  const { config, question } = subject;
  const { mirror, module } = question;
  const kind = registry.of(mirror.ecosystem);
  const id = (await kind?.doctor?.())?.unserved;
  const today = ofMachine.get(mirror.ecosystem);
  if (id === undefined || probed.sample.outcome.tag !== 'ok' || !isInUse(subject, today)) return [];
  const set = today?.protections ?? [];
  const names = new Set([...set.map(({ name }) => name), ...(config.advise.protections?.[mirror.ecosystem] ?? [])]);
  const applied = Object.entries(kind?.protections ?? {}).filter(([name]) => names.has(name));
  let offers = probed.sample.facts.offers ?? {};
  for (const step of new Set(applied.flatMap(([, one]) => one.step ?? []))) {
    const more = await probe(config, { mirror, module, version: null, step });
    offers = { ...offers, ...more?.sample.facts.offers };
  }
  const lackedBy = ({ needs }: Protection): readonly string[] => needs.filter((one) => offers[one] === false);
  return (['fails', 'skips'] as const).flatMap((without): readonly Trap[] => {
    const bare = applied.filter(([, one]) => one.without === without && lackedBy(one).length > 0);
    if (bare.length === 0) return [];
    const lacked = [...new Set(bare.flatMap(([, one]) => lackedBy(one)))].join(say('list.comma'));
    const settings = [...new Set(bare.map(([, { setting }]) => setting))].join(say('list.comma'));
    const places = set.filter(({ name }) => bare.some(([one]) => one === name)).map(({ place }) => place);
    const what = say(`online.unserved.${without}`, { lacked, settings });
    const repair = say('online.unserved.set', {
      ecosystem: escapeWord(mirror.ecosystem),
      names: bare.map(([one]) => one).join(', '),
    });
    const trap = trapOf(id, what, [subjectPlaceOf(subject), ...places], [repair]);
    return [without === 'fails' ? trap : { ...trap, severity: 'warning' }];
  });
}
