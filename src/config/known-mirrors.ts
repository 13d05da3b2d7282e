/** A public mirror that we know by name; the one file where hosts of public registries stand. */
export interface KnownMirror {
  readonly name: string;
  readonly url: string;
  readonly role: 'mirror' | 'origin';
  /** Preference in the built-in configuration; `null` where it should never be proposed unasked. */
  readonly weight: number | null;
  readonly region: string | null;
  readonly operator: string;
}

/** Public Go module proxies: the official one, and those that people in China use. */
export const knownGoMirrors: readonly KnownMirror[] = [
  {
    name: 'go-origin',
    url: 'https://proxy.golang.org',
    role: 'origin',
    weight: null,
    region: 'global',
    operator: 'the Go team',
  },
  {
    name: 'goproxy-cn',
    url: 'https://goproxy.cn',
    role: 'mirror',
    weight: 100,
    region: 'cn-east',
    operator: 'Qiniu Cloud',
  },
  {
    name: 'aliyun-go',
    url: 'https://mirrors.aliyun.com/goproxy',
    role: 'mirror',
    weight: 90,
    region: 'cn',
    operator: 'Alibaba Cloud',
  },
  {
    name: 'tencent-go',
    url: 'https://mirrors.cloud.tencent.com/go',
    role: 'mirror',
    weight: 80,
    region: 'cn',
    operator: 'Tencent Cloud',
  },
  {
    name: 'huawei-go',
    url: 'https://repo.huaweicloud.com/repository/goproxy',
    role: 'mirror',
    weight: 70,
    region: 'cn',
    operator: 'Huawei Cloud',
  },
  {
    name: 'goproxy-io',
    url: 'https://goproxy.io',
    role: 'mirror',
    weight: 60,
    region: 'global',
    operator: 'goproxy.io',
  },
];

/** The checksum database that the go command asks unless told otherwise. */
export const defaultSumdb = 'sum.golang.org';

/**
 * Checksum databases known by a bare name, with verifier key and, for an alias, the address that it stands for.
 * @see protocols.md sections 1.11 and 1.13; cmd/go/internal/modfetch `sumdb.go` and `key.go`
 */
export const knownSumdbs: Readonly<
  Record<string, { readonly name: string; readonly verifierKey: string; readonly url: string | null }>
> = {
  'sum.golang.org': {
    name: 'sum.golang.org',
    verifierKey: 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
    url: null,
  },
  'sum.golang.google.cn': {
    name: 'sum.golang.org',
    verifierKey: 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
    url: 'https://sum.golang.google.cn',
  },
};
