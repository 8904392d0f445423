// The way past a block (client/messages/appeal.h): the sender's appeal, and what a desk signs when
// it approves.
import { Reader, Writer } from './codec.ts'
import { type Bytes, concat, hex, sha256 } from './bytes.ts'
import { fault } from './failure.ts'
import type { SigningKey } from './keys.ts'

/** SHA-256 of a signed warning: what an approval names it by. */
export const warningHash = (signedWarning: Uint8Array): string => hex(sha256(signedWarning))

export async function signAppeal(
  appeal: {
    signedWarning: Uint8Array
    content: Uint8Array
    commitmentKey: Uint8Array
    reason: string
    device: string
    time: number
  },
  key: SigningKey,
): Promise<Bytes> {
  const body = new Writer()
    .u8(1)
    .vec(appeal.signedWarning)
    .vec(appeal.content)
    .raw(appeal.commitmentKey)
    .vec(appeal.reason)
    .id(appeal.device)
    .u64(appeal.time)
    .take()
  return concat(body, await key.signLabelled('candour appeal v1', body))
}

export interface Approval {
  readonly group: string
  readonly contentCommitment: string
  readonly warningHash: string
  readonly approver: string
  readonly issued: number
  readonly expires: number
}

export async function signApproval(approval: Approval, key: SigningKey): Promise<Bytes> {
  const body = new Writer()
    .u8(1)
    .id(approval.group)
    .id(approval.contentCommitment)
    .id(approval.warningHash)
    .id(approval.approver)
    .u64(approval.issued)
    .u64(approval.expires)
    .take()
  return concat(body, await key.signLabelled('candour approval v1', body))
}

/** Without checking the signature: that is for the bot, which is cited it. */
export function decodeApproval(bytes: Uint8Array): Approval {
  const r = new Reader(bytes)
  const version = r.u8()
  const approval = {
    group: r.id(16),
    contentCommitment: r.id(32),
    warningHash: r.id(32),
    approver: r.id(32),
    issued: r.u64(),
    expires: r.u64(),
  }
  r.raw(64)
  if (version !== 1 || !r.finish()) {
    throw fault('approval_invalid', 'the approval is malformed: wrong version or length')
  }
  return approval
}
