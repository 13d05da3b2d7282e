export interface KnownMirror {
  readonly name: string;
  readonly url: string;
  readonly role: 'mirror' | 'origin';
  readonly weight: number | null;
  readonly region: string | null;
  readonly operator: string;
}

type Who = readonly [suffix: string, operator: string, weight: number];

const tuna: Who = ['tuna', 'Tsinghua University', 100];
const ustc: Who = ['ustc', 'the University of Science and Technology of China', 90];
const aliyun: Who = ['aliyun', 'Alibaba Cloud', 80];
const tencent: Who = ['tencent', 'Tencent Cloud', 70];
const huawei: Who = ['huawei', 'Huawei Cloud', 60];

function inChina(what: string, [who, operator, weight]: Who, url: string): KnownMirror {
  return { name: `${who}-${what}`, url, role: 'mirror', weight, region: 'cn', operator };
}

function originOf(what: string, operator: string, url: string): KnownMirror {
  return { name: `${what}-origin`, url, role: 'origin', weight: null, region: 'global', operator };
}

export const knownGoMirrors: readonly KnownMirror[] = [
  originOf('go', 'the Go team', 'https://proxy.golang.org'),
  { ...inChina('cn', ['goproxy', 'Qiniu Cloud', 100], 'https://goproxy.cn'), region: 'cn-east' },
  inChina('go', ['aliyun', 'Alibaba Cloud', 90], 'https://mirrors.aliyun.com/goproxy'),
  inChina('go', ['tencent', 'Tencent Cloud', 80], 'https://mirrors.cloud.tencent.com/go'),
  inChina('go', ['huawei', 'Huawei Cloud', 70], 'https://repo.huaweicloud.com/repository/goproxy'),
  { ...inChina('io', ['goproxy', 'goproxy.io', 60], 'https://goproxy.io'), region: 'global' },
];

export interface KnownKind {
  readonly ecosystem: string;
  readonly upstream: string;
  /** Keys of `mirrors` that the ecosystem adds. */
  readonly keys: Readonly<Record<string, string>>;
  readonly mirrors: readonly KnownMirror[];
  /** Entries of the key `modules`: what the mirrors serve and probes can request. */
  readonly modules: readonly (string | Readonly<Record<string, string>>)[];
}

/**
 * Returns an entry of `knownKinds` for file mirrors (ecosystem `http`). Their upstream has the name of their profile.
 */
function filesOf(profile: string, paths: readonly string[], mirrors: readonly KnownMirror[]): KnownKind {
  const modules = paths.map((path) => ({ upstream: profile, path }));
  return { ecosystem: 'http', upstream: profile, keys: { profile }, mirrors, modules };
}

/** Mirrors and origins of ecosystems that are not in the built-in configuration. */
export const knownKinds: readonly KnownKind[] = [
  {
    ecosystem: 'npm',
    upstream: 'npm',
    keys: {},
    mirrors: [
      originOf('npm', 'npm', 'https://registry.npmjs.org'),
      inChina('npm', ['npmmirror', 'Alibaba Cloud', 100], 'https://registry.npmmirror.com'),
      inChina('npm', tencent, 'https://mirrors.cloud.tencent.com/npm'),
      inChina('npm', huawei, 'https://repo.huaweicloud.com/repository/npm'),
    ],
    modules: ['left-pad@1.3.0', 'lodash@4.17.21'],
  },
  {
    ecosystem: 'pypi',
    upstream: 'pypi',
    keys: {},
    mirrors: [
      originOf('pypi', 'the Python Software Foundation', 'https://pypi.org/simple'),
      inChina('pypi', tuna, 'https://pypi.tuna.tsinghua.edu.cn/simple'),
      inChina('pypi', ustc, 'https://mirrors.ustc.edu.cn/pypi/simple'),
      inChina('pypi', aliyun, 'https://mirrors.aliyun.com/pypi/simple'),
      inChina('pypi', tencent, 'https://mirrors.cloud.tencent.com/pypi/simple'),
      inChina('pypi', huawei, 'https://repo.huaweicloud.com/repository/pypi/simple'),
    ],
    modules: ['six==1.17.0', 'requests==2.32.3'],
  },
  {
    ecosystem: 'oci',
    upstream: 'docker.io',
    keys: {},
    mirrors: [
      originOf('docker', 'Docker', 'https://registry-1.docker.io'),
      inChina('docker', ['daocloud', 'DaoCloud', 100], 'https://docker.m.daocloud.io'),
      { ...inChina('docker', ['google', 'Google', 50], 'https://mirror.gcr.io'), region: 'global' },
    ],
    modules: ['docker.io/library/alpine:3.20'],
  },
  filesOf(
    'debian',
    ['dists/stable/InRelease'],
    [
      originOf('debian', 'Debian', 'https://deb.debian.org/debian'),
      inChina('debian', tuna, 'https://mirrors.tuna.tsinghua.edu.cn/debian'),
      inChina('debian', ustc, 'https://mirrors.ustc.edu.cn/debian'),
      inChina('debian', aliyun, 'https://mirrors.aliyun.com/debian'),
      inChina('debian', tencent, 'https://mirrors.cloud.tencent.com/debian'),
      inChina('debian', huawei, 'https://repo.huaweicloud.com/debian'),
    ],
  ),
  filesOf(
    'alpine',
    ['latest-stable/main/x86_64/APKINDEX.tar.gz'],
    [
      originOf('alpine', 'Alpine Linux', 'https://dl-cdn.alpinelinux.org/alpine'),
      inChina('alpine', tuna, 'https://mirrors.tuna.tsinghua.edu.cn/alpine'),
      inChina('alpine', ustc, 'https://mirrors.ustc.edu.cn/alpine'),
      inChina('alpine', aliyun, 'https://mirrors.aliyun.com/alpine'),
    ],
  ),
  filesOf(
    'maven',
    ['junit/junit/4.13.2/junit-4.13.2.pom'],
    [
      originOf('maven', 'the Apache Software Foundation', 'https://repo.maven.apache.org/maven2'),
      inChina('maven', aliyun, 'https://maven.aliyun.com/repository/central'),
      inChina('maven', tencent, 'https://mirrors.cloud.tencent.com/nexus/repository/maven-public'),
      inChina('maven', huawei, 'https://repo.huaweicloud.com/repository/maven'),
    ],
  ),
  filesOf(
    'crates',
    ['config.json', 'se/rd/serde'],
    [
      originOf('crates', 'the Rust project', 'https://index.crates.io'),
      inChina('crates', ['rsproxy', 'ByteDance', 100], 'https://rsproxy.cn/index'),
      inChina('crates', ustc, 'https://mirrors.ustc.edu.cn/crates.io-index'),
      inChina('crates', ['tuna', 'Tsinghua University', 80], 'https://mirrors.tuna.tsinghua.edu.cn/crates.io-index'),
    ],
  ),
];

/** Returns the known mirrors of an ecosystem, with the upstream that each mirrors. */
export function listKnownMirrors(ecosystem: string): readonly { readonly url: string; readonly upstream: string }[] {
  return knownKinds
    .filter((kind) => kind.ecosystem === ecosystem)
    .flatMap(({ upstream, mirrors }) => mirrors.map(({ url }) => ({ url, upstream })));
}
