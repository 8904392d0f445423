// What the bot answers to mail of this device, or tells it because of somebody else's
// (client/messages/answer.h).
import { Reader } from './codec.ts'
import { type Bytes, concat, fromHex } from './bytes.ts'
import { fault } from './failure.ts'
import { openSealedBox, sealedBoxOverhead } from './hpke.ts'
import { verifyLabelled } from './keys.ts'
import { answerPlaintextSize } from './limits.ts'

const info = 'candour answer v1'
const messageSizeMax = 2048
const types = ['', 'group request', 'appeal', 'appeal decided', 'group name'] as const

export interface Answer {
  readonly type: 'group request' | 'appeal' | 'appeal decided' | 'group name'
  /** A request, a message or a group. */
  readonly about: string
  /** Empty: done. */
  readonly code: string
  readonly message: string
  /** Of an appeal that was approved: the signed approval. */
  readonly body: Bytes
}

export async function openAnswer(
  sealed: Uint8Array,
  mine: CryptoKeyPair,
  device: string,
  mailId: Uint8Array,
  bot: Uint8Array,
): Promise<Answer> {
  const bad = fault(
    'input_invalid',
    "the bot's answer is malformed: not version 1, cut off or of an unknown type",
  )
  if (sealed.length !== answerPlaintextSize + sealedBoxOverhead) throw bad
  const plaintext = await openSealedBox(mine, info, mailId, sealed)
  const r = new Reader(plaintext)
  const version = r.u8()
  const type = types[r.u8()] ?? ''
  const answer = {
    about: r.id(16),
    code: r.text(),
    message: r.text(messageSizeMax),
    body: r.vec(),
  }
  const signed = concat(fromHex(device) as Bytes, plaintext.subarray(1, plaintext.length - r.left))
  const signature = r.raw(64)
  const padded = r.rest().every((byte) => byte === 0)
  if (version !== 1 || type === '' || !r.ok || !padded) throw bad
  if (!(await verifyLabelled(bot, info, signed, signature))) {
    throw fault('signature_invalid', 'the answer is not signed by the bot')
  }
  return { type, ...answer }
}
