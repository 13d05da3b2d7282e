// A file server over TLS as Go's net/http makes it: HTTP/2 where clients offer it. At SIGHUP it shuts down gracefully
// and begins anew at the same address.
package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Arguments: address, folder, certificate, key, and how long each response takes.
func main() {
	files := http.FileServer(http.Dir(os.Args[2]))
	var delay time.Duration
	if len(os.Args) > 5 {
		delay, _ = time.ParseDuration(os.Args[5])
	}
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(delay)
		files.ServeHTTP(w, r)
	})
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	for {
		server := &http.Server{Addr: os.Args[1], Handler: slow}
		go func() {
			<-hup
			_ = server.Shutdown(context.Background())
		}()
		if err := server.ListenAndServeTLS(os.Args[3], os.Args[4]); err != http.ErrServerClosed {
			panic(err)
		}
	}
}
