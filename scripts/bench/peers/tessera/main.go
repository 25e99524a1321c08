// Appends events durably to a Tessera log on POSIX files in this process, for `npm run bench -- append --peers`.
//
//	kesu-bench-tessera DIRECTORY CLIENTS SECONDS BYTES
//
// Prints one JSON line with two measures. "integrated": the event has its index and lies in the tree's tiles. "published": a signed
// checkpoint covers it, so that its inclusion can be proved, which is what an append of Kesu answers with.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	batchSize = 256
	// A lone client waits this long for others.
	batchAge = time.Millisecond
	// The shortest that POSIX storage takes.
	checkpointEvery = 100 * time.Millisecond
	pollEvery       = time.Millisecond
)

func main() {
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: %s DIRECTORY CLIENTS SECONDS BYTES", os.Args[0]))
	}
	clients, seconds, size := number(os.Args[2]), number(os.Args[3]), number(os.Args[4])
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	driver, err := posix.New(ctx, posix.Config{Path: os.Args[1]})
	check(err)
	secret, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	check(err)
	signer, err := note.NewSigner(secret)
	check(err)
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(batchSize, batchAge).
		WithCheckpointInterval(checkpointEvery)
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	check(err)
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, pollEvery)
	add := func(value []byte) tessera.IndexFuture { return appender.Add(ctx, tessera.NewEntry(value)) }
	integrated := measure(clients, seconds, size, func(value []byte) error {
		_, err := add(value)()
		return err
	})
	published := measure(clients, seconds, size, func(value []byte) error {
		_, _, err := awaiter.Await(ctx, add(value))
		return err
	})
	check(json.NewEncoder(os.Stdout).Encode(map[string]map[string]float64{"integrated": integrated, "published": published}))
	check(shutdown(ctx))
}

func measure(clients, seconds, size int, appendOne func(value []byte) error) map[string]float64 {
	latencies := make([][]time.Duration, clients)
	var group sync.WaitGroup
	started := time.Now()
	deadline := started.Add(time.Duration(seconds) * time.Second)
	for client := range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Now().Before(deadline) {
				value := make([]byte, size)
				_, _ = rand.Read(value)
				at := time.Now()
				check(appendOne(value))
				latencies[client] = append(latencies[client], time.Since(at))
			}
		}()
	}
	group.Wait()
	elapsed := time.Since(started)
	var all []time.Duration
	for _, of := range latencies {
		all = append(all, of...)
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	return map[string]float64{
		"perSecond": float64(len(all)) / elapsed.Seconds(),
		"p50Millis": float64(all[len(all)/2].Microseconds()) / 1000,
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		fail(fmt.Errorf("not a positive number: %s", text))
	}
	return value
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
