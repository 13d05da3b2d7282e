import type { Config } from '../../../src/core/config.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { Secret } from '../../../src/core/secret.ts';
import { sampleConfig, sampleMirror } from '../../support/sample-config.ts';

/** 2026-03-04 08:15:30 UTC: the wall clock of all fixtures. */
export const nowMs = Date.UTC(2026, 2, 4, 8, 15, 30);

/** Stands wherever the configuration can hold a secret; no answer may ever hold it. */
export const secretText = 'hunt-for-this-7Qx';

function mirror(name: string, more: Partial<Mirror>): Mirror {
  return sampleMirror(name, {
    access: {
      tls: { ca: [], client: { cert: 'PEM', key: new Secret(secretText) }, pin: null },
      auth: { scheme: 'basic', username: 'robot', secret: new Secret(secretText), hosts: [] },
      proxy: { url: 'http://egress.example.com:3128', auth: { username: 'robot', secret: new Secret(secretText) } },
      resolve: { family: null, server: null },
      allowHosts: [],
    },
    ...more,
  });
}

/** Four mirrors of one upstream, a control, a webhook; secrets wherever one may stand. */
export const fixtureConfig: Config = sampleConfig({
  vantage: 'shanghai-ci',
  contact: 'ops@example.com',
  schedule: { ...sampleConfig().schedule, bytesPerHour: 50 * 1024 ** 2 },
  mirrors: [
    mirror('coast', { weight: 100, region: 'cn-east', url: 'https://goproxy.coast.example.com' }),
    mirror('inland', { weight: 90, region: 'cn-north', url: 'https://mirrors.inland.example.com/goproxy' }),
    mirror('campus', { weight: 20, region: 'cn-south' }),
    mirror('go-origin', { role: 'origin', url: 'https://origin.example.com' }),
  ],
  controls: [{ name: 'www.example.com:443', url: 'https://www.example.com/' }],
  clients: { go: new Secret(`https://robot:${secretText}@goproxy.coast.example.com,direct`) },
  modules: [{ ecosystem: 'go', upstream: 'go', module: 'example.com/net', version: 'v0.25.0' }],
  private: { go: ['git.example.com/*'] },
  webhooks: [
    {
      name: 'ops',
      url: new Secret(`https://hooks.example.com/${secretText}`),
      secrets: [new Secret(secretText)],
      format: 'standard',
      lang: 'en',
      on: ['spike', 'advice'],
      allow: [],
    },
  ],
  state: { path: '/nowhere/mirrorwatch.db', keepMs: 30 * 86_400_000 },
});
