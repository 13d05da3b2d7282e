// Command netem is a network link of known delay, jitter and loss between two
// TUN devices. It stands in for the kernel's sch_netem, which the kernels of
// small virtual machines are often built without.
//
// It makes both devices in the network namespace it starts in, prints
// "ready A B" with their names, and relays IP packets from one to the other.
// The caller moves the devices to where they belong and gives them addresses.
// When the process ends, by whatever cause, the kernel removes both devices.
//
// Commands, one per line on stdin, each answered by one line "ok ..." or
// "error ...":
//
//	start                 begin to relay; both devices must be up
//	delay MS [ab|ba]      one-way delay in milliseconds, fractions allowed
//	jitter MS [ab|ba]     uniform in [0, MS) on top of the delay
//	loss SHARE [ab|ba]    share of packets dropped at random, 0 to 1
//	stats                 counts of both directions, see report
//	quit                  end; so does the end of stdin
//
// A change holds for packets that enter after it. Order is kept always: after
// a cut of the delay, new packets still wait behind those under way.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// maxQueued bounds the packets under way in one direction; past it they are
// dropped and counted, as a router with a full queue does. At 900 ms and
// 1500-byte packets it is about 130 Mbit/s.
const maxQueued = 10_000

// spinLead is how long before the due time sleeping ends and spinning starts:
// longer than the wake-up of a sleeping thread usually takes on an idle
// virtual machine, and 1.2 % of one core at 200 packets/s.
const spinLead = 60 * time.Microsecond

// packetBytesMax is the largest IP packet.
const packetBytesMax = 65_535

type packet struct {
	due  time.Time
	data []byte
}

// direction carries packets one way. Its settings are read by the reading
// thread and written by the command loop, hence the lock.
type direction struct {
	name     string
	from, to int
	queue    chan packet

	mu     sync.Mutex
	delay  time.Duration
	jitter time.Duration
	loss   float64
	random *rand.Rand
	last   time.Time

	passed, lost, overflowed, refused atomic.Int64
	lateMaxNs, lateSumNs              atomic.Int64
}

// admit decides about a packet that came in at now: when it is due, or that it
// is lost. Due times never go backwards.
func (d *direction) admit(now time.Time) (due time.Time, kept bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loss > 0 && d.random.Float64() < d.loss {
		return time.Time{}, false
	}
	due = now.Add(d.delay)
	if d.jitter > 0 {
		due = due.Add(time.Duration(d.random.Float64() * float64(d.jitter)))
	}
	if due.Before(d.last) {
		due = d.last
	}
	d.last = due
	return due, true
}

// read takes packets from the device and queues what is to be delivered.
func (d *direction) read() {
	own()
	buffer := make([]byte, packetBytesMax)
	for {
		n, err := syscall.Read(d.from, buffer)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			fatal(fmt.Errorf("read %s: %w", d.name, err))
		}
		due, kept := d.admit(time.Now())
		if !kept {
			d.lost.Add(1)
			continue
		}
		data := make([]byte, n)
		copy(data, buffer[:n])
		select {
		case d.queue <- packet{due, data}:
		default:
			d.overflowed.Add(1)
		}
	}
}

// write delivers each packet when it is due.
func (d *direction) write() {
	own()
	for p := range d.queue {
		waitUntil(p.due)
		late := int64(time.Since(p.due))
		_, err := syscall.Write(d.to, p.data)
		if err != nil {
			// The far device is down or being moved: the packet is gone, the link stays.
			d.refused.Add(1)
			continue
		}
		d.passed.Add(1)
		d.lateSumNs.Add(late)
		for max := d.lateMaxNs.Load(); late > max; max = d.lateMaxNs.Load() {
			if d.lateMaxNs.CompareAndSwap(max, late) {
				break
			}
		}
	}
}

// waitUntil sleeps, then spins: Go's own timers are a millisecond coarse while
// nothing else runs, a sleeping thread is not.
func waitUntil(due time.Time) {
	for {
		left := time.Until(due)
		if left <= 0 {
			return
		}
		if left > spinLead {
			request := syscall.NsecToTimespec(int64(left - spinLead))
			_ = syscall.Nanosleep(&request, nil)
		}
	}
}

// own takes a thread for this goroutine, with the finest timer the kernel has
// and, where allowed, ahead of the programs under test.
func own() {
	runtime.LockOSThread()
	const prSetTimerSlack = 29
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, 1, 0)
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -20)
}

// open makes a TUN device of that name, without the packet information header.
func open(name string) (int, error) {
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	// struct ifreq: 16 bytes of name, then a union whose first member here is the flags.
	var request struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	if len(name) >= syscall.IFNAMSIZ {
		return 0, fmt.Errorf("device name %q is longer than %d bytes", name, syscall.IFNAMSIZ-1)
	}
	copy(request.name[:], name)
	request.flags = syscall.IFF_TUN | syscall.IFF_NO_PI
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return 0, fmt.Errorf("TUNSETIFF %s: %w", name, errno)
	}
	return fd, nil
}

// command obeys one line and gives the answer.
func command(line string, both []*direction) (string, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", errors.New("empty command")
	}
	if words[0] == "stats" {
		return report(both), nil
	}
	if len(words) < 2 || len(words) > 3 {
		return "", fmt.Errorf("want a command, a number and at most a direction, not %q", line)
	}
	value, err := strconv.ParseFloat(words[1], 64)
	if err != nil || !(value >= 0) {
		return "", fmt.Errorf("want a number from 0 up, not %q", words[1])
	}
	chosen := both
	if len(words) == 3 {
		chosen = nil
		for _, d := range both {
			if d.name == words[2] {
				chosen = []*direction{d}
			}
		}
		if chosen == nil {
			return "", fmt.Errorf("want ab or ba, not %q", words[2])
		}
	}
	for _, d := range chosen {
		if err := d.set(words[0], value); err != nil {
			return "", err
		}
	}
	return line, nil
}

func (d *direction) set(what string, value float64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch what {
	case "delay":
		d.delay = time.Duration(value * float64(time.Millisecond))
	case "jitter":
		d.jitter = time.Duration(value * float64(time.Millisecond))
	case "loss":
		if value > 1 {
			return fmt.Errorf("loss is a share from 0 to 1, not %v", value)
		}
		d.loss = value
	default:
		return fmt.Errorf("unknown command %q", what)
	}
	return nil
}

// report gives, for each direction: packets delivered, lost on purpose, dropped
// by the full queue, refused by the far device, and how late deliveries were.
func report(both []*direction) string {
	var out []string
	for _, d := range both {
		passed := d.passed.Load()
		mean := 0.0
		if passed > 0 {
			mean = float64(d.lateSumNs.Load()) / float64(passed) / 1e6
		}
		out = append(out, fmt.Sprintf("%s passed=%d lost=%d overflowed=%d refused=%d lateMsMean=%.4f lateMsMax=%.4f",
			d.name, passed, d.lost.Load(), d.overflowed.Load(), d.refused.Load(), mean, float64(d.lateMaxNs.Load())/1e6))
	}
	return strings.Join(out, " ")
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "netem:", err)
	os.Exit(1)
}

func main() {
	a := flag.String("a", "", "name of the first device")
	b := flag.String("b", "", "name of the second device")
	delay := flag.Float64("delay", 0, "one-way delay in ms, both directions")
	jitter := flag.Float64("jitter", 0, "jitter in ms, both directions")
	loss := flag.Float64("loss", 0, "share of packets lost, both directions")
	seed := flag.Int64("seed", 1, "seed of loss and jitter; the second direction takes the next one")
	flag.Parse()
	// Four threads are pinned; room for the command loop beside them, on one core too.
	runtime.GOMAXPROCS(6)

	fdA, err := open(*a)
	if err != nil {
		fatal(err)
	}
	fdB, err := open(*b)
	if err != nil {
		fatal(err)
	}
	both := []*direction{
		{name: "ab", from: fdA, to: fdB, queue: make(chan packet, maxQueued), random: rand.New(rand.NewSource(*seed))},
		{name: "ba", from: fdB, to: fdA, queue: make(chan packet, maxQueued), random: rand.New(rand.NewSource(*seed + 1))},
	}
	for _, d := range both {
		for what, value := range map[string]float64{"delay": *delay, "jitter": *jitter, "loss": *loss} {
			if err := d.set(what, value); err != nil {
				fatal(err)
			}
		}
	}
	fmt.Println("ready", *a, *b)
	// A read of a device that is down fails with EBADFD, so relaying starts when the caller says that both are up.
	lines := bufio.NewScanner(os.Stdin)
	started := false
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "quit":
			os.Exit(0)
		case line == "start" && !started:
			started = true
			for _, d := range both {
				go d.read()
				go d.write()
			}
			fmt.Println("ok start")
		default:
			answer, err := command(line, both)
			if err != nil {
				fmt.Println("error", err)
			} else {
				fmt.Println("ok", answer)
			}
		}
	}
}
