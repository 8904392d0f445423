// Proofs that are asked for: of one message.
import type { ProofView } from './api.ts'
import { printProofFile, verifyCheckpoint } from './checkpoint.ts'
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
