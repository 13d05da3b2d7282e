import type { Doctor } from '../doctor.ts';
import { present } from '../settle.ts';
import { ociKinds } from './doctor-kinds.ts';
import { parseImage } from './image-name.ts';
import { findOci } from './settings-found.ts';
import { ociTraps } from './traps.ts';

const dockerfile = /^(Dockerfile|Containerfile)(\..+)?$|\.(dockerfile|containerfile)$/i;
const hostsPath = /^\/etc\/containerd\/certs\.d\/[a-z0-9][a-z0-9.:_-]*\/hosts\.toml$/;
/** What our own remedy writes: comments, `server`, hosts with their capabilities, and nothing else. */
const hostsText =
  /^(?:(?:#[\x20-\x7e]*|server = "[\x21\x23-\x5b\x5d-\x7e]+"|\[host\."[\x21\x23-\x5b\x5d-\x7e]+"\]| {2}capabilities = \[[a-z", ]+\]| {2}override_path = true|)(?:\n|$))+$/;
const withImages = /^((docker-)?compose([.-].+)?|\.gitlab-ci)\.ya?ml$/;

/** What is wrong with the settings of containerd, Docker and podman on this machine. */
export const doctor: Doctor = {
  kinds: ociKinds,
  examine: async ({ machine }, say) => ({ traps: ociTraps(await findOci(machine), say), untold: [] }),
  // Their hosts are per registry, and none of them is the client of all.
  today: async () => ({ chain: null, privatePatterns: [] }),
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
  usedIn(name) {
    if (dockerfile.test(name)) return (text) => imagesOf(text, /^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)/i);
    return withImages.test(name) ? (text) => imagesOf(text, /^\s*(?:-\s+)?image:\s*["']?([^\s"'#]+)/) : null;
  },
};

/** Images with a tag or digest that nothing has still to be put into. A stage of a Dockerfile has neither. */
function imagesOf(content: string, pattern: RegExp): readonly string[] {
  return content.split('\n').flatMap((line) => {
    const text = pattern.exec(line)?.[1] ?? '';
    const image = text === '' || text.includes('$') ? null : parseImage(text);
    if (image?.tag !== 'ok' || image.value.version === null) return [];
    const { host, repository, version } = image.value;
    return [`${host}/${repository}${version.includes(':') ? '@' : ':'}${version}`];
  });
}
