import { expect, test } from 'vitest';
import { endAfterEach, serve, watch } from './with-servers.ts';

endAfterEach();

/** A mirror of files on loopback; `say` gives a body, a status, or `null` for nothing at all. */
async function mirror(say: (path: string) => number | string | null): Promise<string> {
  const url = await serve((request, response) => {
    const said = say(request.url ?? '');
    if (said === null) response.destroy();
    else if (typeof said === 'number') response.writeHead(said).end();
    else response.end(said);
  });
  return `${url}/files`;
}

const release = '-----BEGIN PGP SIGNED MESSAGE-----\n\nSuite: stable\nDate: Sat, 11 Nov 2023 09:59:12 UTC\nSHA256:\n';

interface AdviceJson {
  readonly upstream: string;
  readonly from: string;
  readonly to: string;
  readonly remedy: Readonly<Record<string, string>>;
}

test('each upstream is advised by itself, with the lines of its own package manager', async () => {
  let isDown = false;
  // A mirror of each upstream by itself: two on one host share its slots.
  const files = (mayFail: boolean) =>
    mirror((path) => {
      if (mayFail && isDown) return null;
      return path.endsWith('/InRelease') ? release : path.endsWith('/lastsync') ? '1699990000\n' : 404;
    });
  const debian = { near: await files(true), far: await files(false) };
  const arch = { near: await files(true), far: await files(false) };
  const one = (name: string, upstream: string, url: string, weight: number): string =>
    `  - { name: ${name}, ecosystem: http, upstream: ${upstream}, profile: ${upstream}, url: "${url}", weight: ${weight} }`;
  const { until, get } = await watch(`
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 8 }
steps: { whole: 1s, marker: 1s }
mirrors:
${one('debian-near', 'debian', debian.near, 100)}
${one('debian-far', 'debian', debian.far, 50)}
${one('arch-near', 'arch', arch.near, 100)}
${one('arch-far', 'arch', arch.far, 50)}
controls: [ "${arch.far}" ]
modules:
  http:
    - { upstream: debian, path: dists/stable/InRelease, expect: { matches: "^Suite: stable$" } }
    - { upstream: arch, path: lastsync }
detect: { outage: { over: 300ms } }
state: { path: ":memory:" }
`);
  const metrics = async (): Promise<string> => (await get('/metrics')).text;
  for (const name of ['debian-far', 'arch-far'])
    await until(`${name} is measured well enough`, async () =>
      new RegExp(
        `^mirror_probe_attempts_total\\{ecosystem="http",registry="${name}",[^}]*step="get"\\} \\d\\d`,
        'm',
      ).test(await metrics()),
    );
  // Nothing is down, and a mirror that keeps no marker is none the worse for it.
  expect(await metrics()).not.toMatch(/^mirror_probe_target_failures_total\{ecosystem="http".*\} [1-9]/m);
  isDown = true;
  const advices = async (): Promise<readonly AdviceJson[]> => JSON.parse((await get('/api/v1/advice')).text).advice;
  // On a busy machine the other mirror of a list may have been slow, and been advised against, before.
  const isAway = ({ upstream, from, to }: AdviceJson) => from === `${upstream}-near` && to === `${upstream}-far`;
  let away: readonly AdviceJson[] = [];
  await until('both are advised, and nothing else', async () => {
    away = await advices();
    return away.length === 2 && away.every(isAway);
  });
  expect(away.map(({ upstream }) => upstream).toSorted()).toEqual(['arch', 'debian']);
  for (const { upstream, remedy } of away) {
    if (upstream === 'debian') expect(remedy['apt']).toContain(`/*([[:space:]]|$)#${debian.far}\\1#g'`);
    else expect(remedy['pacman']).toBe(`# /etc/pacman.d/mirrorlist\nServer = ${arch.far}/$repo/os/$arch`);
    expect(Object.keys(remedy)).toHaveLength(2);
  }
});
