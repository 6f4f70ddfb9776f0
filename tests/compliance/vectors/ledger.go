// Golden vectors for the ledger from an implementation that is not ours: golang.org/x/mod/sumdb/tlog and
// .../note, the code behind the Go checksum database. Writes JSON to standard output.
//
//	apt-get install golang-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run ledger.go > ledger.json
//
// The empty tree is left out: x/mod 0.7 gives it 32 zero bytes, RFC 9162 the hash of nothing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const small, large = 70, 70000

var stored []tlog.Hash

type inclusion struct {
	Index int64       `json:"index"`
	Size  int64       `json:"size"`
	Proof []tlog.Hash `json:"proof"`
}

type consistency struct {
	Old   int64       `json:"old"`
	Size  int64       `json:"size"`
	Proof []tlog.Hash `json:"proof"`
}

type signed struct {
	Body  string   `json:"body"`
	Vkeys []string `json:"vkeys"`
	Note  string   `json:"note"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func read(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		found[at] = stored[index]
	}
	return found, nil
}

func root(size int64) tlog.Hash {
	hash, err := tlog.TreeHash(size, tlog.HashReaderFunc(read))
	must(err)
	return hash
}

func key(name string, first byte) (note.Signer, string) {
	seed := make([]byte, 32)
	for at := range seed {
		seed[at] = first + byte(at)
	}
	private, public, err := note.GenerateKey(bytes.NewReader(seed), name)
	must(err)
	signer, err := note.NewSigner(private)
	must(err)
	return signer, public
}

func sign(body string, vkeys []string, signers ...note.Signer) signed {
	text, err := note.Sign(&note.Note{Text: body}, signers...)
	must(err)
	return signed{body, vkeys, string(text)}
}

func main() {
	for index := int64(0); index < large; index++ {
		hashes, err := tlog.StoredHashes(index, []byte(fmt.Sprintf("leaf %d", index)), tlog.HashReaderFunc(read))
		must(err)
		stored = append(stored, hashes...)
	}
	roots := map[int64]tlog.Hash{}
	for size := int64(1); size <= small; size++ {
		roots[size] = root(size)
	}
	for _, size := range []int64{255, 256, 257, 511, 512, 1000, 65535, 65536, 65537, large} {
		roots[size] = root(size)
	}
	inclusions, consistencies := []inclusion{}, []consistency{}
	for _, size := range []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 64, small} {
		for index := int64(0); index < size; index++ {
			proof, err := tlog.ProveRecord(size, index, tlog.HashReaderFunc(read))
			must(err)
			inclusions = append(inclusions, inclusion{index, size, append([]tlog.Hash{}, proof...)})
		}
		for old := int64(1); old <= size; old++ {
			proof, err := tlog.ProveTree(size, old, tlog.HashReaderFunc(read))
			must(err)
			consistencies = append(consistencies, consistency{old, size, append([]tlog.Hash{}, proof...)})
		}
	}
	signer, vkey := key("dialpact/pbx1", 0)
	witness, witnessed := key("witness.example/w1", 100)
	notes := []signed{}
	for _, size := range []int64{1, 7, small, large} {
		body := fmt.Sprintf("dialpact/pbx1\n%d\n%s\n", size, root(size))
		notes = append(notes, sign(body, []string{vkey}, signer))
		notes = append(notes, sign(body, []string{vkey, witnessed}, signer, witness))
	}
	notes = append(notes, sign("外呼决定\n\nwith an empty line — and a dash\n", []string{vkey}, signer))
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", " ")
	must(out.Encode(map[string]any{
		"made_with":   map[string]string{"go": runtime.Version(), "golang-golang-x-mod-dev": "0.7.0-1"},
		"leaf":        "leaf N",
		"seeds":       map[string]int{"dialpact/pbx1": 0, "witness.example/w1": 100},
		"roots":       roots,
		"inclusion":   inclusions,
		"consistency": consistencies,
		"notes":       notes,
	}))
}
