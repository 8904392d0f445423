// log_verifier checks a Candour log by code that is not Candour's: Go's golang.org/x/mod/sumdb/note
// (signed notes) and golang.org/x/mod/sumdb/tlog (tree hashes and proofs), from the files that
// `candourctl log export` writes or a relay serves.
//
//	log_verifier DIR LOG_VKEY [WITNESS_VKEY ...]
//
// DIR holds checkpoint, tile/<L>/<N>[.p/<W>] and tile/entries/<N>[.p/<W>] (C2SP tlog-tiles), entry.hash
// (index and leaf hash of one entry, hex) and older.checkpoint. What is verified: every signature, the
// root rebuilt from the entries, every hash tile, an inclusion proof and a consistency proof.
//
// The stock packages serve unchanged but for three things that Go's own log does otherwise: type 04
// cosignatures need a note.Verifier of ten lines, a checkpoint has no go.sum header, and tile paths
// leave out the height.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// cosignature verifies a witness' type 04 signature: time and Ed25519 over the note with the time.
type cosignature struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosignature) Name() string    { return c.name }
func (c cosignature) KeyHash() uint32 { return c.hash }
func (c cosignature) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func witnessVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("malformed verifier key %q", vkey)
	}
	id, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, fmt.Errorf("%q is no type 04 key", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if binary.BigEndian.Uint32(sum[:4]) != uint32(id) {
		return nil, fmt.Errorf("the key id of %q is not that of its key", vkey)
	}
	return cosignature{parts[0], uint32(id), ed25519.PublicKey(key[1:])}, nil
}

// checkpoint opens a note that the log and at least `quorum` of the witnesses must have signed.
func checkpoint(file string, log note.Verifier, witnesses []note.Verifier, quorum int) (tlog.Tree, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return tlog.Tree{}, err
	}
	known := note.VerifierList(append([]note.Verifier{log}, witnesses...)...)
	opened, err := note.Open(raw, known)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %v", file, err)
	}
	signers := map[string]bool{}
	for _, sig := range opened.Sigs {
		signers[sig.Name] = true
	}
	if len(opened.UnverifiedSigs) > 0 {
		return tlog.Tree{}, fmt.Errorf("%s: signed by somebody unknown", file)
	}
	if !signers[log.Name()] || len(signers) < 1+quorum {
		return tlog.Tree{}, fmt.Errorf("%s: signed by %d of log and %d witnesses", file, len(signers), quorum)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("%s: not a checkpoint of %s", file, log.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("%s: malformed size", file)
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// files reads tiles from a folder for tlog.TileHashReader.
type files struct{ dir string }

func (f files) Height() int { return height }
func (f files) path(t tlog.Tile) string {
	// tile/8/L/N is tile/L/N here.
	return filepath.Join(f.dir, strings.Replace(t.Path(), "tile/8/", "tile/", 1))
}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(f.path(t))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", f.path(t), len(data))
		}
		out = append(out, data)
	}
	return out, nil
}
func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

// entries reads all entry bundles of a tree of this size.
func (f files) entries(size int64) ([][]byte, error) {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := int(size - n*256)
		if width > 256 {
			width = 256
		}
		t := tlog.Tile{H: height, L: 0, N: n, W: width}
		path := strings.Replace(f.path(t), "/tile/0/", "/tile/entries/", 1)
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for i := 0; i < width; i++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut off", path)
			}
			length := int(binary.BigEndian.Uint16(data))
			out = append(out, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s is too long", path)
		}
	}
	return out, nil
}

// rebuild hashes the entries into a tree and compares every tile with it.
func rebuild(dir string, entries [][]byte) (tlog.HashReader, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, hashes...)
	}
	all := tlog.NewTiles(height, 0, int64(len(entries)))
	for i, t := range all {
		// Partial tiles come in every width they ever had; the widest is the one of this size.
		if i+1 < len(all) && all[i+1].L == t.L && all[i+1].N == t.N {
			continue
		}
		want, err := tlog.ReadTileData(t, reader)
		if err != nil {
			return nil, err
		}
		have, err := os.ReadFile(files{dir}.path(t))
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(want, have) {
			return nil, fmt.Errorf("%s is not what the entries give", files{dir}.path(t))
		}
	}
	return reader, nil
}

// included checks that the hash in entry.hash is in the tree, by a proof from the tiles.
func included(dir string, tree tlog.Tree, tiles tlog.HashReader) (int64, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "entry.hash"))
	if err != nil {
		return 0, err
	}
	var index int64
	var text string
	if n, err := fmt.Sscanf(string(raw), "%d %64s\n", &index, &text); n != 2 || err != nil {
		return 0, fmt.Errorf("entry.hash: malformed")
	}
	if string(raw) != fmt.Sprintf("%d %s\n", index, text) {
		return 0, fmt.Errorf("entry.hash: malformed")
	}
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != tlog.HashSize || hex.EncodeToString(decoded) != text {
		return 0, fmt.Errorf("entry.hash: no hash")
	}
	var leaf tlog.Hash
	copy(leaf[:], decoded)
	proof, err := tlog.ProveRecord(tree.N, index, tiles)
	if err != nil {
		return 0, err
	}
	return index, tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf)
}

func verify(dir, logKey string, witnessKeys []string) error {
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return err
	}
	var witnesses []note.Verifier
	for _, key := range witnessKeys {
		witness, err := witnessVerifier(key)
		if err != nil {
			return err
		}
		witnesses = append(witnesses, witness)
	}
	tree, err := checkpoint(filepath.Join(dir, "checkpoint"), log, witnesses, len(witnesses))
	if err != nil {
		return err
	}
	older, err := checkpoint(filepath.Join(dir, "older.checkpoint"), log, witnesses, len(witnesses))
	if err != nil {
		return err
	}
	entries, err := files{dir}.entries(tree.N)
	if err != nil {
		return err
	}
	own, err := rebuild(dir, entries)
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(tree.N, own)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the entries give root %v, the checkpoint says %v", root, tree.Hash)
	}
	tiles := tlog.TileHashReader(tree, files{dir})
	index, err := included(dir, tree, tiles)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, older.N, tiles)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
		return err
	}
	fmt.Printf("ok: %d entries, root %v, %d cosignatures, entry %d included, consistent with %d\n",
		tree.N, tree.Hash, len(witnesses), index, older.N)
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: log_verifier DIR LOG_VKEY [WITNESS_VKEY ...]")
		os.Exit(2)
	}
	if err := verify(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "log_verifier:", err)
		os.Exit(1)
	}
}
