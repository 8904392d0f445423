// When the relay has dropped messages this device never acknowledged (docs/protocol.md, "Being away
// too long"). A device that has everything says so and deliveries go on; one that missed messages
// cannot follow the MLS group any more: it tells the bot, signed, and waits to be removed and added
// in one commit. What it missed stays missed; the conversation says so in one line.
import { signLostReport } from './bot_messages.ts'
import { hex } from './bytes.ts'
import { sendToBot } from './engine_desk.ts'
import { keepOwn } from './engine_receive.ts'
import { encryptAnew } from './engine_send.ts'
import type { Engine } from './engine.ts'
import { isFinal, isLost } from './failure.ts'
import type { Draft } from './records.ts'
import type { Resynchronise } from './wire/candour_pb.ts'

// A welcome to the group may be among the mail that follows.
const welcomePatienceMs = 5_000
const reportRetryMs = 5_000
// Groups that only the relay has heard of.
const behindMax = 1_024

export function takeResynchronise(e: Engine, told: Resynchronise): void {
  const group = hex(told.group)
  if (e.behind.size >= behindMax && !e.groups.has(group)) return
  const patience = e.groups.has(group) ? 0 : welcomePatienceMs
  const notBefore = e.env.monotonic() + patience
  e.behind.set(group, { oldest: Number(told.oldest), notBefore })
}

export async function resynchronise(e: Engine): Promise<void> {
  for (const [group, behind] of e.behind) {
    const session = e.groups.get(group)
    // What waits for its policy version is here, but not yet read.
    if (behind.notBefore > e.env.monotonic() || e.held.has(group)) continue
    if (session && (session.progress.stopped !== null || session.progress.removed)) {
      e.behind.delete(group)
      continue
    }
    if (session && !session.progress.lost && session.progress.seq + 1 >= behind.oldest) {
      // Only the acknowledgement was lost.
      e.acks.set(group, session.progress.seq)
      e.acknowledge()
      e.behind.delete(group)
      continue
    }
    try {
      await reportLost(e, group)
      e.behind.delete(group)
    } catch (thrown) {
      if (isLost(thrown) || isFinal(thrown)) throw thrown
      // The bot's mailbox is full, or there is no bot: later.
      behind.notBefore = e.env.monotonic() + reportRetryMs
    }
  }
}

async function reportLost(e: Engine, group: string): Promise<void> {
  const session = e.groups.get(group)
  const seq = session?.progress.seq ?? 0
  if (session && !session.progress.lost) {
    await e.keep(() => {
      session.progress.lost = true
      session.changed.progress = true
    })
  }
  const report = { group, seq, device: e.keys.device, time: e.now() }
  await sendToBot(e, 'lost group', await signLostReport(report, e.keys.signing))
}

/** Own messages sent before the gap: their replies are here, because mail is in order. */
export async function settleGap(e: Engine, group: string): Promise<void> {
  for (const draft of [...e.drafts.values()]) {
    if (draft.group === group && draft.state === 'submitted') await settleOwn(e, draft)
  }
  // Nobody has the others.
  encryptAnew(e, group)
}

// Released within the gap: the token is missed, the receipt proves it.
async function settleOwn(e: Engine, draft: Draft): Promise<void> {
  const { receipt } = draft
  if (receipt === null) return
  const leaf = { messageId: draft.id, leafHash: receipt.leafHash }
  await keepOwn(e, draft, receipt, new Uint8Array(), receipt, leaf)
}
