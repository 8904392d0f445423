// What a report of a message carries to prove itself, how a long one travels, and what it proves
// (client/messages/report_proof.h).
import { Reader, Writer } from './codec.ts'
import { type Bytes, concat, fromHex } from './bytes.ts'
import { commitment, decodeContent } from './content.ts'
import { fault, isFinal } from './failure.ts'
import { sealedBox } from './hpke.ts'
import { contentSizeMax, timeMax } from './limits.ts'
import type { Row } from './records.ts'
import { decodeToken, verifyToken } from './token.ts'

const parcelPlaintextSize = 17 * 1024
const tokenSizeMax = 1024

/** The log position stays unsaid: asking for it would tell the relay what is reported. */
export const encodeProof = (row: Row): Bytes =>
  new Writer()
    .u8(1)
    .vec(row.content)
    .raw(row.commitmentKey)
    .vec(row.token)
    .id(row.device)
    .u64(row.time)
    .u64(0)
    .u64(0)
    .take()

/** Content of a submission that carries a proof; the bot opens it and releases it to nobody. */
export async function encodeParcel(
  proof: Bytes,
  bot: Uint8Array,
  group: string,
  submission: string,
): Promise<Bytes> {
  const used = new Writer().vec(proof).take()
  if (used.length > parcelPlaintextSize) throw fault('input_invalid', 'the report is too long')
  const plaintext = new Uint8Array(parcelPlaintextSize)
  plaintext.set(used)
  const about = concat(fromHex(group) as Bytes, fromHex(submission) as Bytes)
  const sealed = await sealedBox(bot, 'candour report parcel v1', about, plaintext)
  return new Writer().u8(1).u8(8).vec(sealed).take()
}

export interface ReportProof {
  /** Encoded Content. */
  readonly content: Bytes
  readonly commitmentKey: Bytes
  readonly token: Bytes
  /** As the reporter's device accepted it. */
  readonly sender: string
  /** The reporter's word: neither token nor commitment covers it. */
  readonly time: number
}

export function decodeProof(bytes: Uint8Array): ReportProof {
  const r = new Reader(bytes)
  const version = r.u8()
  const proof = {
    content: r.vec(contentSizeMax),
    commitmentKey: r.raw(32),
    token: r.vec(tokenSizeMax),
    sender: r.id(32),
    time: r.u64(),
  }
  r.u64()
  r.u64()
  if (version !== 1 || !r.finish() || proof.time > timeMax) {
    throw fault('input_invalid', "the report's proof is malformed: not version 1, cut off or over limits")
  }
  return proof
}

/** Null: of what a reporter's device made up; the alert is no less one. */
export function readProof(bytes: Uint8Array): ReportProof | null {
  try {
    return decodeProof(bytes)
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    return null
  }
}

/** What a proof shows, each by itself. */
export interface ReportChecks {
  /** Signed by a bot of the organisation. */
  readonly token: boolean
  /** It is what the token stands for. */
  readonly content: boolean
  /** The token is of this message and group. */
  readonly place: boolean
  /** The reporter's device and the bot name the same author. */
  readonly sender: boolean
  /** The log leaf that the token cites; empty when there is none. */
  readonly leaf: string
}

const holds = async (work: () => Promise<unknown> | unknown): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (thrown) {
    if (isFinal(thrown)) throw thrown
    return false
  }
}

/** `bots`: keys of all bots the organisation ever certified. `sender`: as the bot remembers it. */
export async function checkReport(
  proof: ReportProof | null,
  group: string,
  message: string,
  sender: string,
  bots: readonly Uint8Array[],
): Promise<ReportChecks> {
  const failed = { token: false, content: false, place: false, sender: false, leaf: '' }
  if (proof === null || !(await holds(() => decodeToken(proof.token)))) return failed
  const token = decodeToken(proof.token)
  let signed = false
  for (const bot of bots) signed ||= await holds(() => verifyToken(proof.token, bot))
  return {
    token: signed,
    content:
      commitment(proof.commitmentKey, proof.content) === token.contentCommitment &&
      (await holds(() => decodeContent(proof.content))),
    place:
      token.group === group && token.messageId === message && token.kind === 'application',
    sender: proof.sender === sender && !/^0*$/.test(sender),
    leaf: token.leafHash,
  }
}
