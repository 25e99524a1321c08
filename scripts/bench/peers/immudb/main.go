// Appends events durably to an immudb store in this process, for `npm run bench -- append --peers`.
//
//	kesu-bench-immudb DIRECTORY CLIENTS SECONDS BYTES
//
// Prints one JSON line. An append counts when its transaction is synced and chained into the store's accumulative hash, so that
// its inclusion can be proved from then on.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/codenotary/immudb/embedded/logger"
	"github.com/codenotary/immudb/embedded/store"
)

// The store syncs at most this often: its default of 20 ms would be the latency of a lone client.
const syncEvery = time.Millisecond

func main() {
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: %s DIRECTORY CLIENTS SECONDS BYTES", os.Args[0]))
	}
	clients, seconds, size := number(os.Args[2]), number(os.Args[3]), number(os.Args[4])
	options := store.DefaultOptions().
		WithSynced(true).
		WithSyncFrequency(syncEvery).
		WithMaxConcurrency(2 * clients).
		WithLogger(logger.NewSimpleLoggerWithLevel("bench", io.Discard, logger.LogError))
	st, err := store.Open(os.Args[1], options)
	if err != nil {
		fail(err)
	}
	defer st.Close()
	var next atomic.Uint64
	latencies := make([][]time.Duration, clients)
	var group sync.WaitGroup
	started := time.Now()
	deadline := started.Add(time.Duration(seconds) * time.Second)
	for client := range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			value := make([]byte, size)
			_, _ = rand.Read(value)
			for time.Now().Before(deadline) {
				at := time.Now()
				if err := appendOne(st, next.Add(1), value); err != nil {
					fail(err)
				}
				latencies[client] = append(latencies[client], time.Since(at))
			}
		}()
	}
	group.Wait()
	report(latencies, time.Since(started))
}

func appendOne(st *store.ImmuStore, id uint64, value []byte) error {
	ctx := context.Background()
	tx, err := st.NewWriteOnlyTx(ctx)
	if err != nil {
		return err
	}
	if err := tx.Set([]byte(fmt.Sprintf("event/%016x", id)), nil, value); err != nil {
		return err
	}
	_, err = tx.AsyncCommit(ctx)
	return err
}

func report(latencies [][]time.Duration, elapsed time.Duration) {
	var all []time.Duration
	for _, of := range latencies {
		all = append(all, of...)
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	_ = json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"perSecond": float64(len(all)) / elapsed.Seconds(),
		"p50Millis": float64(all[len(all)/2].Microseconds()) / 1000,
	})
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		fail(fmt.Errorf("not a positive number: %s", text))
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
