/** What an advice does not cover, as the daemon tells it to programs, and what a person reads in its place. */
export const notes = {
  'told.note.goPrivatePattern':
    'A private pattern holds characters that cannot be pasted safely: set GOPRIVATE by hand.',
  'told.note.goBackCredentials':
    'The line that goes back leaves out the credentials of the chain before: they must come from netrc or GOAUTH.',
  'told.note.goByHand': 'The chain holds a URL that cannot be pasted safely: set GOPROXY by hand.',
  'told.note.goWins': 'A GOPROXY set in the environment, a CI file or a container image wins over `go env -w`.',
  'told.note.goComma':
    'Behind a comma the go command moves on at 404 and 410 only: any other fault of the first member ends a build.',
  'told.note.goCredentials': 'Credentials are not part of the line: they must come from netrc or GOAUTH.',
  'told.note.bypassVariable': '{variable} can only be set in the environment: append to what it holds.',
  'told.note.bypassCargo': 'The lines go into `.cargo/config.toml`, into its [http] section where there is one.',
  'told.note.bypassCost':
    'All requests of {client} use HTTP/1.1 then: more connections, slower builds. Take it back when the outage of {head} closes.',
  'told.note.spared': 'Not moved: {clients}. {head} answers over HTTP/{protocol}, which they speak.',
  'told.note.dockerHub': "Docker's registry-mirrors cover Docker Hub alone: none of {upstream} can be set.",
  'told.note.dockerPath': 'Docker takes mirrors without a path: {url} cannot be one of them.',
  'told.note.dockerKeys':
    'The keys go into {path} beside those that stand there; `systemctl reload docker` takes them without stopping containers.',
  'told.note.dockerSlow':
    "Docker's registry-mirrors cover Docker Hub alone, and Docker Hub is always asked after them: a dead mirror is slow and silent.",
  'told.note.podmanPath': 'podman asks no path before /v2: {url} cannot be one of its mirrors.',
  'told.note.podmanReads':
    'podman, CRI-O, buildah and skopeo read registries.conf at each pull; CRI-O when it is told to reload. A second file with the same prefix must go.',
  'told.note.containerdReads':
    'containerd reads {folder} where its config_path names it; hosts.toml counts from the next pull on, without a restart.',
  'told.note.containerdResolve':
    'With `resolve` a mirror says what a tag stands for: for images by digest `pull` alone is enough, and a mirror that lies is found out.',
  'told.note.mirrorsByHand': 'The chain holds a URL that cannot be pasted safely: set the mirrors by hand.',
  'told.note.credentials': 'Credentials are not part of the lines: they must come from {from}.',
  'told.note.mavenAll':
    'A `mirrorOf` of `*` would ask it for the artifacts of private repositories too: `central` alone is meant.',
  'told.note.condaBelow': 'Further channels of a `.condarc` stand below the line that is replaced.',
  'told.note.pacmanOrder': 'pacman asks the servers of its list in their order, and the next one after any failure.',
  'told.note.cratesFrom': 'Crates come from the `dl` of its config.json, which may be another host.',
  'told.note.entries': 'The line changes entries that name {from} in {files}; others stay as they are.',
  'told.note.urlByHand': 'A URL cannot be pasted safely: set it by hand.',
  'told.note.noProfile': 'Without a `profile` of the mirror nobody knows whose settings these URLs belong in.',
  'told.note.pipByHand': 'The index has a URL that cannot be pasted safely: set index-url by hand.',
  'told.note.pipWins':
    'PIP_INDEX_URL wins over pip.conf; an --index-url of a command or of a requirements.txt wins over both.',
  'told.note.poetry':
    'Poetry: poetry source add --priority=primary mirror {url} (it then writes that source into poetry.lock). PDM: pdm config pypi.url {pdm}',
  'told.note.uvByHand': 'The index has a URL that cannot be pasted safely: set the default index by hand.',
  'told.note.uvLock':
    'A uv.lock holds the URLs of its files: uv sync --frozen goes on asking those, and --locked finds the lock file out of date.',
  'told.note.indexPlain':
    'The index speaks plain HTTP: clients refuse it unless it is named as trusted, which these lines never do.',
  'told.note.indexExtra':
    'An extra index should go as well: these lines do not touch extra indexes, take it out by hand.',
  'told.note.indexPrivate':
    'Private projects must come from an index of their own, named first and for them alone: with an extra index any of all indexes may answer for a private name.',
  'told.note.npmByHand': 'The registry is a URL that cannot be pasted safely: set it by hand.',
  'told.note.npmWins':
    "`{command}` sets the registry alone: variables, and the project's own file, win over the user's.",
  'told.note.npmCredentials':
    'Credentials are not part of the lines: they stand in .npmrc by host, as `//host/:_authToken=`.',
  'told.note.npmBack': 'The lines that go back leave out the credentials of the registry before.',
  'told.note.npmLock':
    'A package-lock.json or a yarn.lock of yarn 1 whose entries name {host} still goes there: npm follows the new registry with `--replace-registry-host={value}`, yarn 1 needs its file written anew.',
  'told.note.npmScope':
    '{scope} is private: it needs its own `{setting}` in .npmrc (yarn: `npmScopes`), or its names are asked of this registry.',
  'told.note.npmName':
    '{name} is private and no whole scope: no client can keep such names from the registry that is set. Keep them in a scope, or stay on a registry of your own.',
  'told.note.originUnreached':
    'How fresh the mirrors are was compared among them alone, if at all: the origin {origin} is not reachable from here.',
  'told.note.noOrigin': 'How fresh the mirrors are was compared among them alone, if at all: no origin is watched.',
  'told.note.asksCredentials': '{mirror} asks for credentials: clients need their own.',
  'told.note.certificate': '{mirror} is watched with a CA or client certificate of its own: clients need the same.',
  'told.note.proxy': '{mirror} is watched through a proxy: clients may need it too.',
  'told.note.relay': 'Whether {mirror} relays {relay} was not measured yet.',

  'told.cannot.certificate': 'a client certificate',
  'told.cannot.bearer': 'a bearer token',
  'told.cannot.bearerLine': 'a bearer token, other than on the command line',
  'told.cannot.plain': 'credentials over plain http',
  'told.cannot.path': 'a path before /v2/',
  'told.cannot.server': 'a DNS server of its own (resolve.server)',
  'told.cannot.family': 'one address family (resolve.family)',
  'told.note.pnpmWorkspace':
    '`registries.default` of a pnpm-workspace.yaml wins over .npmrc, in pnpm 10 over the variables too.',
  'told.note.yarnPlain': 'yarn from 2 on asks plain http only of hosts under `unsafeHttpWhitelist`: add {host}.',
  'told.note.ociLogin': "the client's own login, or a header of the host in hosts.toml",
  'told.back.chain': '# the chain before cannot be pasted safely: restore it by hand',
  'told.back.registry': '# the registry before cannot be pasted safely: restore it by hand',
  'told.back.hosts': '# the hosts before cannot be pasted safely: restore them by hand',
  'told.back.mirrors': '# the mirrors before cannot be pasted safely: restore them by hand',
  'told.back.index': '# the index before cannot be pasted safely: restore it by hand',
  'told.back.entries': '# set by hand what stood before',
} as const;
