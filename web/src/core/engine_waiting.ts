// What came too early to be read waits in memory, and no more of it than a device can hold.
import type { Engine } from './engine.ts'
import type { Deliver, MailItem } from './wire/candour_pb.ts'

const waitingBytesMax = 64 * 1024 * 1024

const sizeOf = (item: Deliver | MailItem): number =>
  'ciphertext' in item
    ? item.ciphertext.length + item.token.length + item.roster.length
    : item.body.length

/** Whether one more may wait, and counts it. */
export function hasRoomFor(e: Engine, item: Deliver | MailItem): boolean {
  e.waitingBytes += sizeOf(item)
  if (e.waitingBytes <= waitingBytesMax) return true
  // Some wait no more since they were counted.
  const waiting = [...e.early.values(), ...e.held.values(), e.deferredMail].flat()
  e.waitingBytes = waiting.reduce((sum, one) => sum + sizeOf(one), sizeOf(item))
  return e.waitingBytes <= waitingBytesMax
}

export function pushTo(waiting: Map<string, Deliver[]>, group: string, delivered: Deliver): void {
  const list = waiting.get(group)
  if (list === undefined) waiting.set(group, [delivered])
  else list.push(delivered)
}
