// The part of the state that is sent whole at every change (api.ts).
import type { AlarmView, CoreState, DeviceView, GroupView, MemberView, NoticeView } from './api.ts'
import type { Engine } from './engine.ts'
import type { GroupSession } from './group_session.ts'
import { hex, sha256 } from './bytes.ts'
import { parseKey } from './note.ts'
import type { Profile } from './records.ts'
import { viewOfAlert, viewOfOwnAlert } from './views.ts'

export function deviceView(
  profile: Profile,
  device: string,
  request: string | null,
  certifiedUntil: number | null,
): DeviceView {
  const { relay, root, organisation, person, name, role, unit } = profile
  const rootFingerprint = hex(sha256(parseKey(root).publicKey))
  return {
    relay,
    root,
    organisation,
    person,
    name,
    role,
    unit,
    device,
    rootFingerprint,
    request,
    certifiedUntil,
  }
}

function memberViews(e: Engine, session: GroupSession): readonly MemberView[] {
  const { directory } = e.trust
  return session.knownMembers.map(({ device, leaf, owner }) => {
    const certificate = directory.find(device)
    return {
      device,
      leaf,
      owner,
      person: certificate?.person ?? '',
      name: certificate?.name ?? '',
      role: certificate?.role ?? '',
      unit: certificate?.unit ?? '',
      bot: leaf === 0,
      self: device === e.keys.device,
      proven: directory.isProven(device),
      revoked: directory.revoked.has(device),
      validFrom: certificate?.notBefore ?? 0,
      validUntil: certificate?.notAfter ?? 0,
    }
  })
}

function groupView(e: Engine, session: GroupSession): GroupView {
  const { record, progress } = session
  const summary = e.summaries.get(record.id)
  const last = summary?.last ?? null
  return {
    id: record.id,
    name: record.name,
    groupClass: record.groupClass,
    unit: record.unit,
    epoch: session.mls.epoch,
    seq: progress.seq,
    members: memberViews(e, session),
    bot: {
      device: record.bot,
      name: e.personOf(record.bot),
      since: record.joined,
      keySince: record.botSince,
    },
    joined: record.joined,
    renamed: record.renamed,
    removed: progress.removed,
    stopped: progress.stopped,
    waitingFor: e.waitingFor.get(record.id) ?? null,
    unread: summary?.unread ?? 0,
    mentioned: summary?.mentioned ?? false,
    last: last && { name: last.name, own: last.own, text: last.text, time: last.time },
  }
}

function noticeView(e: Engine): NoticeView | null {
  const { notice } = e.trust.directory
  if (notice === null) return null
  const { version, issued, lines } = notice
  return { version, issued, lines, acknowledged: e.noticeIsAcknowledged() }
}

const alarmViews = (e: Engine): readonly AlarmView[] =>
  [...e.alarms.values()]
    .sort((a, b) => a.time - b.time)
    .map(({ subject, ...alarm }) => ({ ...alarm, id: subject }))

type Parts = Pick<
  CoreState,
  | 'organisation'
  | 'policy'
  | 'notice'
  | 'groups'
  | 'alerts'
  | 'alarms'
  | 'requests'
  | 'ownAlerts'
  | 'dutySince'
  | 'undecided'
>

export const emptyParts: Parts = {
  organisation: null,
  policy: null,
  notice: null,
  groups: [],
  alerts: [],
  alarms: [],
  requests: [],
  ownAlerts: [],
  dutySince: null,
  undecided: 0,
}

export function partsOf(e: Engine): Parts {
  const { statement, checkpoint } = e.trust
  const groups = [...e.groups.values()].map((session) => groupView(e, session))
  const open = [...e.drafts.values()].filter((d) => d.state === 'queued' || d.state === 'submitted')
  return {
    organisation: statement && {
      id: statement.id,
      name: statement.name,
      example: statement.example,
      logOrigin: statement.log.name,
      checkpointSize: checkpoint.size,
      witnessed: checkpoint.witnessed,
    },
    policy: e.trust.directory.newestPolicy(),
    notice: noticeView(e),
    groups: groups.sort((a, b) => (b.last?.time ?? b.joined) - (a.last?.time ?? a.joined)),
    alerts: [...e.alerts.values()].map(viewOfAlert).sort((a, b) => b.time - a.time),
    alarms: alarmViews(e),
    requests: [...e.requestsToBot.values()].map(({ signed: _, ...request }) => request),
    ownAlerts: [...e.closedAlerts.values()]
      .map(viewOfOwnAlert)
      .sort((a, b) => b.closed - a.closed),
    dutySince: e.dutySince,
    undecided: open.length,
  }
}
