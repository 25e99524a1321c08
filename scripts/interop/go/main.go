// Command interop reads a Kesu log with the C2SP tools of others: the checkpoint's signatures, the tiles behind it, and
// inclusion proofs of entries. It fails on the first thing that isn't right, else it prints one "name value" a line.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"filippo.io/torchwood"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	log.SetFlags(0)
	checkpoint := flag.String("checkpoint", "", "file with the signed checkpoint; else it is fetched")
	base := flag.String("base", "", "address of the log's tiles, without a slash at its end")
	logKey := flag.String("log", "", "verifier key of the log")
	cosigners := flag.String("cosigners", "", "verifier keys of the cosigners, by commas")
	flag.Parse()

	client, fetcher := clientOf(*base)
	tree := openCheckpoint(read(*checkpoint, fetcher), *logKey, strings.Split(*cosigners, ","))
	for _, path := range flag.Args() {
		checkProof(path, tree)
	}
	if client != nil {
		walk(client, tree)
	}
}

func clientOf(base string) (*torchwood.Client, *torchwood.TileFetcher) {
	if base == "" {
		return nil, nil
	}
	fetcher, err := torchwood.NewTileFetcher(base)
	must(err)
	client, err := torchwood.NewClient(fetcher)
	must(err)
	return client, fetcher
}

func read(path string, fetcher *torchwood.TileFetcher) []byte {
	if path == "" {
		text, err := fetcher.ReadEndpoint(context.Background(), "checkpoint")
		must(err)
		return text
	}
	text, err := os.ReadFile(path)
	must(err)
	return text
}

// openCheckpoint verifies every signature twice where two libraries can, and refuses a checkpoint that any of the keys did not sign.
func openCheckpoint(text []byte, logKey string, cosigners []string) tlog.Tree {
	logVerifier, err := note.NewVerifier(logKey)
	must(err)
	ours, theirs := []note.Verifier{logVerifier}, []note.Verifier{logVerifier}
	for _, key := range cosigners {
		one, err := torchwood.NewCosignatureVerifier(key)
		must(err)
		other, err := fnote.NewVerifierForCosignatureV1(key)
		must(err)
		ours, theirs = append(ours, one), append(theirs, other)
	}
	var tree tlog.Tree
	for _, verifiers := range [][]note.Verifier{ours, theirs} {
		opened, err := note.Open(text, note.VerifierList(verifiers...))
		must(err)
		if len(opened.Sigs) != len(verifiers) {
			log.Fatalf("%d of %d keys signed the checkpoint", len(opened.Sigs), len(verifiers))
		}
		parsed, err := torchwood.ParseCheckpoint(opened.Text)
		must(err)
		if parsed.Origin != logVerifier.Name() {
			log.Fatalf("the checkpoint is of %s, the key of %s", parsed.Origin, logVerifier.Name())
		}
		tree = parsed.Tree
	}
	fmt.Println("signatures", 1+len(cosigners))
	fmt.Println("size", tree.N)
	return tree
}

// fact is a part of a bundle, or a single proof: docs/formats/evidence-bundle.md, docs/formats/log.md.
type fact struct {
	Leaf string   `json:"leaf"`
	Path [][]byte `json:"path"`
}

// checkProof verifies that a fact's leaf is in the tree by the RFC 6962 path beside it.
func checkProof(path string, tree tlog.Tree) {
	text, err := os.ReadFile(path)
	must(err)
	var one fact
	must(json.Unmarshal(text, &one))
	var leaf struct {
		Index int64 `json:"index"`
	}
	must(json.Unmarshal([]byte(one.Leaf), &leaf))
	proof := make(tlog.RecordProof, len(one.Path))
	for at, hash := range one.Path {
		if copy(proof[at][:], hash) != tlog.HashSize || len(hash) != tlog.HashSize {
			log.Fatalf("%s: a hash of %d bytes", path, len(hash))
		}
	}
	entry := sha256.Sum256([]byte(one.Leaf))
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, leaf.Index, tlog.RecordHash(entry[:])))
	fmt.Println("included", leaf.Index)
}

// walk reads every entry behind the checkpoint through the tiles: the client checks each against the tree's hash.
func walk(client *torchwood.Client, tree tlog.Tree) {
	entries := int64(0)
	for index, entry := range client.AllEntries(context.Background(), tree, 0) {
		if index != entries || len(entry) != sha256.Size {
			log.Fatalf("entry %d of %d bytes where %d was due", index, len(entry), entries)
		}
		entries++
	}
	must(client.Err())
	if entries != tree.N {
		log.Fatalf("%d entries of %d", entries, tree.N)
	}
	last, proof, err := client.Entry(context.Background(), tree, tree.N-1)
	must(err)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, tree.N-1, tlog.RecordHash(last)))
	fmt.Println("entries", entries)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
