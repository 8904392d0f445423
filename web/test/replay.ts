// A relay that hands out mail a second time, under a new number, as none may do unnoticed.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'

import { type Device, eventually } from './device.ts'
import {
  ClientFrameSchema,
  type MailItem,
  type MailKind,
  ServerFrameSchema,
} from '../src/core/wire/candour_pb.ts'

/** Remembers mail of this kind; `again` hands all of it, or the first, out behind the next frame. */
export function replayed(device: Device, kind: MailKind): { again(count?: number): Promise<void> } {
  const kept: MailItem[] = []
  let newest = 0n
  let acknowledged = 0n
  let due: readonly MailItem[] = []
  device.world.onSend = (bytes) => {
    const { body } = fromBinary(ClientFrameSchema, bytes)
    if (body.case === 'mailAck') acknowledged = body.value.through
  }
  device.world.onReceive = (bytes) => {
    const { body } = fromBinary(ServerFrameSchema, bytes)
    if (body.case === 'mail') {
      newest = body.value.number
      if (body.value.kind === kind) kept.push(body.value)
    }
    const more = due.map((mail) => {
      const value = { ...mail, number: ++newest }
      return toBinary(ServerFrameSchema, create(ServerFrameSchema, { body: { case: 'mail', value } }))
    })
    due = []
    return [bytes, ...more]
  }
  return {
    async again(count = kept.length): Promise<void> {
      if (kept.length === 0) throw new Error('no such mail came')
      due = kept.slice(0, count)
      await eventually('handed out again', () => due.length === 0 && acknowledged >= newest)
    },
  }
}
