#include "ctl/evidence/views.h"

namespace candour::ctl {
namespace {

constexpr std::string_view kWithUs = R"(
## With candourctl

    candourctl bundle verify BUNDLE --root ROOT.vkey [--log LOG.vkey]

It needs nothing but this folder and the organisation's root key, which must come from somewhere
else: printed in the force's register, held by the federation, pinned at enrolment. It checks every
hash, signature, proof and commitment named below, makes every table and the reader again from the
exhibits, and compares them byte for byte. Exit status 0 means that all of it holds.
)";

constexpr std::string_view kByHand = R"(
## With stock tools

1. Nothing changed since the bundle was written. Compare the last line with the one recorded when the
   bundle was handed over:

       sha256sum -c tagmanifest-sha256.txt && sha256sum -c manifest-sha256.txt
       sha256sum tagmanifest-sha256.txt

2. Signatures on notes (`*.note`; C2SP signed-note): Ed25519 over the text up to and including the
   newline before the empty line. The base64 of a signature line holds 4 bytes of key id, then the
   signature. Keys stand in `data/authority/statement.note`, whose own signature is the root's.

3. A record is in the log (`data/proofs/*.tlog-proof`; C2SP tlog-proof, RFC 6962). `extra` is the
   opening of its leaf (130 bytes: 01, kind, salt 32, object hash 32, ciphertext hash 32, content
   commitment 32):

       entry     = 01 01 SHA-256("candour leaf v1" 00, salt, kind, object hash, ciphertext hash,
                                 content commitment)
       leaf hash = SHA-256(00, entry)
       node hash = SHA-256(01, left, right)

   The object hash is the SHA-256 of `data/sealed/<leaf>.sealed`. The checkpoint at the end of the
   proof is signed by the log and cosigned by witnesses (C2SP tlog-cosignature).

4. The sealed record opens to what is shown, with `shared` and `part` of `data/keys.jsonl`, which
   open this record and no other:

       sealed  = 01, suite 2, label vec, u 32, ubar 32, e 32, f 32, C 32, body vec
       K, C    = HKDF-SHA-256(salt part, ikm shared, info "candour record key v1" 00, Y, u,
                 label vec), two times 32 bytes; Y is the sum of the custodians' keys in the
                 statement; C must be the one in the sealed record
       padded  = XChaCha20-Poly1305(K, nonce of 24 zero bytes, additional data label, body)
       record  = after a length of 4 bytes; its layout is in the log format of the project

   vec is a length (RFC 9420 section 2.1.2) and that many bytes. Because the bot committed to K
   by C, and the log to all of it, there is no second key that opens the record to something else.

5. The words are the author's. The record's `evidence` is MLS content as its author signed it (RFC
   9420 section 6.1, FramedContentTBS) and the signature: Ed25519 with label "FramedContentTBS"
   under the signing key of the certificate in `data/directory/`, which two registrars signed and
   which has a proof of its own. HMAC-SHA-256 of the content under the commitment key inside is the
   content commitment of the leaf.

6. Nothing was left out. `data/log/entries.bin` holds every entry of the range, 34 bytes each, and
   `data/log/range.tlog-range` the hashes that complete the tree. Each record names the one before
   it in its group and by its sender.
)";

constexpr std::string_view kLimits = R"(
## What this proves, and what it does not

It proves, given the root key and that not all witnesses conspire: the records are in the log at
these places and open to these contents; the words were signed by the device of the person named,
whose certificate was in the log before; warrant, request and release are in the log; each record is
in the warrant's scope; custodians and keeper approved exactly this request; between the records
shown nothing in scope is missing but what is counted above as set aside or failed.

It does not prove: who held the device; that the clocks of device and bot were right (the log's order
and the witnesses' times bound them); that no record of the period lies outside the range of leaves,
whose borders the relay named; that a record counted as set aside or failed had to be: its place is
proven, the reason is the investigator's word; that no later statement, certificate or revocation of
the directory was left out; what the continuity table says beyond the signed notes, because the
journal is the station's own word; which group of people an MLS group id stands for, unless a commit
record of that group with the bot's roster is among the records.

A record marked as a replay carries a message id that was shown before: somebody sent the author's
signed words again. Leaves that stay opaque are records out of scope; their number shows, nothing
else of them does.

Cells of the CSV tables that a spreadsheet would take for a formula begin with an apostrophe, which
is not part of the text; `records.jsonl` has the text itself.
)";

}  // namespace

std::string verify_text(const Exhibits& exhibits, const Examination& examined) {
  const warrant::ReleaseCertificate& release = examined.release;
  std::string out =
      "# Checking this evidence\n\nCase " + examined.warrant.case_name + ", " +
      examined.authority.statement().name + ". " + std::to_string(exhibits.records.size()) +
      " records of " + std::to_string(examined.request.records) + " asked for (" +
      std::to_string(examined.set_aside) + " set aside, " + std::to_string(release.failed) +
      " failed), leaves " + std::to_string(exhibits.range.first) + " to " +
      std::to_string(exhibits.range.end - 1) + " of log " +
      examined.authority.statement().log.name + ".\n\n" + "| | |\n|---|---|\n| warrant | `" +
      examined.warrant.digest().hex() + "` |\n| request | `" + examined.request.digest().hex() +
      "` |\n| records opened | `" + release.opened_digest.hex() +
      "` |\n| root of the log at size " + std::to_string(examined.tree->size()) + " | `" +
      examined.tree->root().hex() + "` |\n";
  out += kWithUs;
  out += kByHand;
  out += kLimits;
  return out;
}

}  // namespace candour::ctl
