// What a report of a message carries to prove itself, and how a long one travels
// (client/messages/report_proof.h).
import { Writer } from './codec.ts'
import { type Bytes, concat, fromHex } from './bytes.ts'
import { fault } from './failure.ts'
import { sealedBox } from './hpke.ts'
import type { Row } from './records.ts'

const parcelPlaintextSize = 17 * 1024

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
