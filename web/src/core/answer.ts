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
const types = [
  '',
  'group request',
  'appeal',
  'appeal decided',
  'group name',
  'mail refused',
] as const

export interface Answer {
  /** `other`: known to later versions of the bot alone. */
  readonly type: Exclude<(typeof types)[number], ''> | 'other'
  /** A request, a message, a group or a mail. */
  readonly about: string
  /** Empty: done. */
  readonly code: string
  readonly message: string
  /** Of an appeal that was approved: the signed approval; of a refused mail: which it was. */
  readonly body: Bytes
}

const malformed = () =>
  fault(
    'input_invalid',
    "the bot's answer is malformed: not version 1, cut off or of an unknown type",
  )

/** Of a refused mail that was a step on an alert; action 0 for any other. */
export function decodeRefusedStep(body: Uint8Array): { alert: string; action: number } {
  const r = new Reader(body)
  const type = r.u8()
  const action = r.u8()
  const alert = r.id(16)
  r.u64()
  if (!r.finish()) throw malformed()
  return { alert, action: type === 1 ? action : 0 }
}

export async function openAnswer(
  sealed: Uint8Array,
  mine: CryptoKeyPair,
  device: string,
  mailId: Uint8Array,
  bot: Uint8Array,
): Promise<Answer> {
  const bad = malformed()
  if (sealed.length !== answerPlaintextSize + sealedBoxOverhead) throw bad
  const plaintext = await openSealedBox(mine, info, mailId, sealed)
  const r = new Reader(plaintext)
  const version = r.u8()
  const number = r.u8()
  const type = types[number] ?? 'other'
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
