// What the engine has in memory of what is kept.
import type { Engine } from './engine.ts'
import { fault } from './failure.ts'
import { GroupSession } from './group_session.ts'
import { MlsGroup, type MlsSuite } from './mls.ts'

export async function loadState(e: Engine, suite: MlsSuite): Promise<void> {
  await e.watch.load()
  for (const record of await e.store.groups()) {
    const progress = await e.store.progress(record.id)
    const state = await e.store.mlsState(record.id)
    if (progress === null || state === null) {
      throw fault('state_damaged', `group ${record.id} has no encryption state`)
    }
    const session = new GroupSession(record, progress, MlsGroup.restore(state, suite))
    await session.members()
    e.groups.set(record.id, session)
    e.summaries.set(
      record.id,
      (await e.store.summary(record.id)) ?? { unread: 0, mentioned: false, last: null },
    )
  }
  for (const draft of await e.store.drafts()) e.drafts.set(draft.id, draft)
  for (const item of await e.store.outbox()) e.outbox.set(item.id, item)
  for (const alert of await e.store.alerts()) e.alerts.set(alert.id, alert)
  for (const alarm of await e.store.alarms()) e.alarms.set(alarm.subject, alarm)
  for (const one of await e.store.closedAlerts()) e.closedAlerts.set(one.messageId, one)
  e.dutySince = await e.store.dutySince()
  for (const asked of await e.store.requests()) e.requestsToBot.set(asked.id, asked)
  for (const { id, group, order, state } of e.drafts.values()) {
    if (state === 'queued') {
      e.queued.set(id, { group, order, notBefore: 0, encrypted: e.outbox.has(id) })
    }
  }
  e.order = await e.store.order()
  e.mailCursor = await e.store.mailCursor()
  e.noticeAcknowledged = (await e.store.noticeAcknowledged()) ?? ''
}
