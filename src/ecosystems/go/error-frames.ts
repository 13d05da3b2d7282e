/**
 * `go: ` begins the errors of the go command (cmd/go/internal/base); before Go 1.15 they begin with the command. Other
 * lines name a file of the proxy or of the checksum database, or a module with its version.
 * @see https://github.com/golang/go/blob/master/src/cmd/go/internal/modfetch/proxy.go
 */
export const goErrorFrames = {
  go: /^(?:Error - +)?(?:v?go|go (?:get|mod|list|install|build)\b[^:]*): |\bverifying \S+@v\d|\/@(?:v\/|latest\b)|\/sumdb\/|\/lookup\/(?:(?!\/lookup\/)[^\s@])+@v\d|@v\d[^\s@]*: (?:zip|gzip|flate|unexpected EOF|http2|stream|Get|read|dial|unrec)|^\S+\.go:\d+:\d+: (?:[^\s@]+@v\d|.*zip: )|^[\w-]+\.\w+\/\S+: zip: not a valid|^module \S+: Get "?https?:/,
};
