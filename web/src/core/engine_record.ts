// One's own record (client/own_record.cc): what the bot recorded about this device's owner, as far
// as they may know it now.
import * as alert from './alert.ts'
import type { OwnRecord } from './api.ts'
import { type Receipt, decodeFindings } from './bot_messages.ts'
import { hex } from './bytes.ts'
import { checkable, decodeContent } from './content.ts'
import { alarmRefused } from './engine_watch.ts'
import type { Engine } from './engine.ts'
import { isFinal } from './failure.ts'
import { openOwnAlert } from './own_alert.ts'
import type { Draft, OwnClosedAlert, OwnWarning, Row } from './records.ts'
import { timeEncode } from './text.ts'
import type { MailItem } from './wire/candour_pb.ts'

const rowsAtATime = 200
const severities = ['', 'notice', 'warn', 'block'] as const

/** What a receipt says beside being one, the first time; what of it does not open takes nothing with it. */
export async function takeNews(e: Engine, receipt: Receipt, mail: MailItem): Promise<void> {
  if (receipt.mentionDuty) {
    e.dutySince = e.now()
    e.store.putDutySince(e.dutySince)
  }
  for (const { messageId, resolution, closed, note } of receipt.closed) {
    if ((e.closedAlerts.get(messageId)?.closed ?? 0) > closed) continue
    try {
      const opened = await openOwnAlert(note, e.keys.sealing, messageId)
      const record: OwnClosedAlert = { messageId, resolution, closed, alert: opened }
      e.closedAlerts.set(messageId, record)
      e.store.putClosedAlert(record)
    } catch (thrown) {
      if (isFinal(thrown)) throw thrown
      alarmRefused(e, thrown, mail)
    }
  }
}

export const dismissDuty = (e: Engine): Promise<void> =>
  e.keep(() => {
    e.dutySince = null
    e.store.putDutySince(null)
  })

/** The answer to a dispute takes the place of what was disputed. */
export async function keepWarning(
  e: Engine,
  draft: Draft,
  disputed: boolean,
  original: string | null,
): Promise<void> {
  const before = original === null ? null : await e.store.warning(original)
  if (original !== null) e.store.deleteWarning(original)
  if (draft.findings === null || draft.signedWarning === null) return
  e.store.putWarning({
    id: draft.id,
    group: draft.group,
    time: before?.time ?? e.now(),
    block: draft.state === 'blocked',
    disputed,
    outcome: 'open',
    findings: draft.findings,
    signedWarning: draft.signedWarning,
  })
}

export async function endWarning(
  e: Engine,
  id: string,
  outcome: OwnWarning['outcome'],
): Promise<void> {
  const kept = await e.store.warning(id)
  if (kept !== null) e.store.putWarning({ ...kept, outcome })
}

async function ownRows(e: Engine): Promise<readonly Row[]> {
  const own: Row[] = []
  for (const group of e.groups.keys()) {
    for (let from = Number.MAX_SAFE_INTEGER; ; ) {
      const rows = await e.store.rowsBefore(group, from, rowsAtATime)
      own.push(...rows.filter((row) => row.own && row.membership === null))
      const last = rows[rows.length - 1]
      if (last === undefined) break
      from = last.seq
    }
  }
  return own.sort((a, b) => a.time - b.time)
}

function messageLine(row: Row): object {
  const content = decodeContent(row.content)
  const receipt = row.receipt && {
    leaf_hash: row.receipt.leafHash,
    opening: hex(row.receipt.opening),
  }
  return {
    record: 'message',
    message_id: row.id,
    group: row.group,
    seq: row.seq,
    submission: row.submission,
    time: timeEncode(row.time),
    type: content.type,
    text: checkable(content),
    overridden: row.overridden,
    token: hex(row.token),
    commitment_key: hex(row.commitmentKey),
    ...receipt,
  }
}

function warningLine(warning: OwnWarning): object {
  return {
    record: 'warning',
    message_id: warning.id,
    group: warning.group,
    time: timeEncode(warning.time),
    verdict: warning.block ? 'block' : 'warn',
    outcome: warning.outcome,
    disputed: warning.disputed,
    findings: decodeFindings(warning.findings).map(({ rule, category, severity, standard }) => ({
      rule,
      category,
      severity: severities[severity],
      standard,
    })),
    signed_warning: hex(warning.signedWarning),
  }
}

const closedLine = ({ messageId, resolution, closed, alert: about }: OwnClosedAlert): object => ({
  record: 'closed_alert',
  message_id: messageId,
  group: about.group,
  raised: timeEncode(about.raised),
  closed: timeEncode(closed),
  resolution: alert.resolutions[resolution],
  category: about.category,
  rule: about.rule,
  severity: severities[about.severity],
  standard: about.standard,
  outcome: alert.outcomes[about.outcome],
})

/** As `candour record`. */
export async function ownRecord(e: Engine): Promise<OwnRecord> {
  const { person, name, role, unit, organisation } = e.profile
  const { device } = e.keys
  const rows = await ownRows(e)
  const warnings = [...(await e.store.warnings())].sort((a, b) => a.time - b.time)
  const closed = [...e.closedAlerts.values()].sort((a, b) => a.closed - b.closed)
  const who = { record: 'person', person, name, role, unit, organisation, device }
  const lines = [
    { ...who, time: timeEncode(e.now()) },
    ...rows.map(messageLine),
    ...warnings.map(warningLine),
    ...closed.map(closedLine),
  ]
  return {
    messages: rows.length,
    overridden: rows.filter((row) => row.overridden).length,
    warnings: warnings.map(({ id, group, time, block, disputed, outcome, findings }) => ({
      id,
      group,
      time,
      block,
      disputed,
      outcome,
      rules: [...new Set(decodeFindings(findings).map((finding) => finding.rule))],
    })),
    file: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  }
}
