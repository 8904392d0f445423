// Proofs that are asked for: of one message, of what somebody reported.
import type { ProofView } from './api.ts'
import { printProofFile, verifyCheckpoint } from './checkpoint.ts'
import { alertOf } from './engine_desk.ts'
import type { Engine } from './engine.ts'
import { fault } from './failure.ts'
import { decodeToken } from './token.ts'

/** Asks for and checks the inclusion proof of a delivered message. */
export async function prove(e: Engine, group: string, id: string): Promise<ProofView> {
  const row = await e.store.row(group, id)
  if (row === null) throw fault('not_found', 'there is no such delivered message')
  // Of an own message in a gap there is the receipt alone.
  const token = row.token.length > 0 ? decodeToken(row.token) : null
  const leaf = token?.leafHash ?? row.receipt?.leafHash
  if (leaf === undefined) throw fault('not_found', 'there is nothing to prove it by')
  const connection = e.needConnection()
  let view: ProofView | null = null
  await e.keep(async () => {
    const proof = await e.trust.proveLeaf(leaf, connection)
    const { cosigners, quorum } = await verifyCheckpoint(proof.note, e.trust.needStatement())
    if (quorum) e.watch.included(leaf, proof.index, proof.checkpoint.size)
    const opening = row.receipt?.opening ?? null
    view = {
      id,
      seq: row.seq,
      submission: row.receipt?.submission ?? null,
      overridden: row.overridden,
      receipt: row.receipt !== null,
      leafHash: leaf,
      policyDigest: token?.policyDigest ?? '',
      leafIndex: proof.index,
      logOrigin: proof.checkpoint.origin,
      treeSize: proof.checkpoint.size,
      witnesses: cosigners,
      quorum,
      file: printProofFile(opening, proof.index, proof.hashes, proof.note),
    }
  })
  if (view === null) throw fault('not_found', 'there is no proof yet')
  return view
}

/**
 * That the reported message is in the log. Asking names the leaf to the relay, so it is only done
 * when a person wants it.
 */
export async function proveReport(e: Engine, id: string): Promise<void> {
  const record = alertOf(e, id)
  const leaf = record.checks?.leaf ?? ''
  if (leaf === '') {
    throw fault('input_invalid', 'the alert is no report, and carries nothing to prove')
  }
  const connection = e.needConnection()
  await e.keep(async () => {
    const proof = await e.trust.proveLeaf(leaf, connection)
    const { quorum } = await verifyCheckpoint(proof.note, e.trust.needStatement())
    if (!quorum) throw fault('not_found', 'the log has no witnessed checkpoint for it yet')
    const logged = { ...record, logged: { index: proof.index, size: proof.checkpoint.size } }
    e.alerts.set(id, logged)
    e.store.putAlert(logged)
  })
}
