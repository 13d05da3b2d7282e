import type { Doctor } from '../doctor.ts';
import { present } from '../settle.ts';
import { ociKinds } from './doctor-kinds.ts';
import { mirrorsToday } from './mirrors-today.ts';
import { findOci } from './settings-found.ts';
import { ociTraps } from './traps.ts';
import { imagesIn } from './used-images.ts';

const hostsPath = /^\/etc\/containerd\/certs\.d\/[a-z0-9][a-z0-9.:_-]*\/hosts\.toml$/;
/** What our own remedy writes: comments, `server`, hosts with their capabilities, and nothing else. */
const hostsText =
  /^(?:(?:#[\x20-\x7e]*|server = "[\x21\x23-\x5b\x5d-\x7e]+"|\[host\."[\x21\x23-\x5b\x5d-\x7e]+"\]| {2}capabilities = \[[a-z", ]+\]| {2}override_path = true|)(?:\n|$))+$/;

/** What is wrong with the settings of containerd, Docker and podman on this machine. */
export const doctor: Doctor = {
  kinds: ociKinds,
  examine: async ({ machine }, say) => ({ traps: ociTraps(await findOci(machine), say), untold: [] }),
  async today({ machine }) {
    const mirrors = mirrorsToday(await findOci(machine));
    const chain =
      mirrors === null ? null : { text: [...mirrors.urls, 'direct'].join('|'), place: mirrors.place, isDefault: false };
    return { chain, privatePatterns: [] };
  },
  async settle({ machine }, remedy, say) {
    const { path, text } = (remedy['hosts.toml'] ?? {}) as { readonly path?: unknown; readonly text?: unknown };
    if (typeof path !== 'string' || typeof text !== 'string' || !hostsPath.test(path) || !hostsText.test(text))
      return null;
    const file = machine.system(path);
    const read = await machine.read(file);
    const before = read.tag === 'ok' ? read.text : null;
    const after = `${text.trimEnd()}\n`;
    return {
      changes: present([after === before ? null : { file, before, after }]),
      notes: [say('settle.shared')],
    };
  },
  isUsualLock: () => false,
  usedIn: imagesIn,
};
