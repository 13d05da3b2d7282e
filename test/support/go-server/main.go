// A file server over TLS as Go's net/http makes it: HTTP/2 where clients offer it.
package main

import (
	"net/http"
	"os"
)

// Arguments: address, folder, certificate, key.
func main() {
	files := http.FileServer(http.Dir(os.Args[2]))
	if err := http.ListenAndServeTLS(os.Args[1], os.Args[3], os.Args[4], files); err != nil {
		panic(err)
	}
}
