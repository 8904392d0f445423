// Made data for looking at the screens in states that are rare in life: hostile names, a stopped
// group, five thousand messages, every state of a message and of an alert.
import type {
  AlertView, CoreState, DeviceView, FindingView, GroupView, MemberView, MessageView, PersonView, WarningView,
} from '../src/core/api.ts'
import type { Checked } from '../src/ui/precheck.ts'

export const kNow = Date.UTC(2026, 2, 12, 16, 20)
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const hex = (seed: number): string =>
  Array.from({ length: 8 }, (_, i) => (((seed + 1) * 2654435761 + i * 40503 * (seed + 7)) >>> 0).toString(16).padStart(8, '0')).join('')

const people: ReadonlyArray<readonly [string, string, string]> = [
  ['p-101', 'PC Amy Shaw', 'officer'],
  ['p-102', 'PC Ben Okafor', 'officer'],
  ['p-103', 'PC Chloe Grant', 'officer'],
  ['p-104', 'PC Dev Malhotra', 'officer'],
  ['p-105', 'PC Ella Novak', 'officer'],
  ['p-201', 'Sgt Grace Bell', 'supervisor'],
]
const hostile: ReadonlyArray<readonly [string, string, string]> = [
  ['p-666', 'PC \u202Eniap\u202C Gun', 'officer'],
  ['p-667', 'PC\u200B Amy\u2060 Shaw', 'officer'],
  ['p-668', '<img src=x onerror=alert(1)>', 'officer'],
  ['p-669', 'PC ' + 'Very'.repeat(60), 'officer'],
]

const member = ([person, name, role]: readonly [string, string, string], leaf: number): MemberView => ({
  device: hex(leaf + 10), person, name, role, unit: 'team-a', leaf,
  owner: person === 'p-101', bot: false, self: person === 'p-101', proven: person !== 'p-104',
  revoked: person === 'p-105', validFrom: kNow - 90 * day, validUntil: kNow + 275 * day,
})
const bot: MemberView = {
  device: hex(1), person: 'bot-1', name: 'Compliance bot', role: 'bot', unit: 'force', leaf: 0, owner: false,
  bot: true, self: false, proven: true, revoked: false, validFrom: kNow - 40 * day, validUntil: kNow + 325 * day,
}

const group = (id: string, name: string, more: Partial<GroupView>): GroupView => ({
  id, name, groupClass: 'ordinary', unit: 'team-a', epoch: 7, seq: 40,
  members: [bot, ...people.map((one, i) => member(one, i + 1))],
  bot: { device: bot.device, name: bot.name, since: kNow - 62 * day, keySince: kNow - 40 * day },
  joined: kNow - 62 * day, renamed: null, removed: false, stopped: null, waitingFor: null, unread: 0, mentioned: false, last: null,
  ...more,
})

const message = (group: string, seq: number, who: number, text: string, ago: number, more: Partial<MessageView> = {}): MessageView => {
  const [person, name] = people[who]!
  return {
    id: `${group}-${seq}-${text.length}-${more.state ?? ''}`, group, kind: 'text', state: 'delivered', seq, time: kNow - ago, own: who === 0,
    device: hex(who + 11), person, name, text, edited: false, first: null, deleted: false, about: null, reply: null, mentions: [],
    mentionsMe: false, reactions: [], poll: null, overridden: false, warning: null, checkedText: text, failure: null,
    membership: null, ...more,
  }
}

const kHeld = 'Typical of that lot on the estate, they all breed like rats. Someone should sort them out.'
const finding = (marked: string, more: Partial<FindingView> = {}): FindingView => ({
  rule: 'demeaning/compared-with-animals', category: 'racism', severity: 'warn',
  span: { start: kHeld.indexOf(marked), end: kHeld.indexOf(marked) + marked.length },
  standard: 'Code of Ethics: respect and empathy',
  message: 'This compares people with animals.',
  advice: 'Say what was seen or done, and by whom, without saying what “they all” are.',
  ...more,
})
const warning = (block: boolean): WarningView => ({
  block,
  findings: [
    finding('they all breed like rats'),
    finding('that lot', {
      rule: 'demeaning/those-people', severity: 'notice', message: 'This may read as writing off everybody who lives there.',
      advice: 'Name the address or the incident instead.', standard: 'Code of Ethics: fairness',
    }),
  ],
  issued: kNow - minute, expires: kNow + hour, disputed: false, appeal: null,
})

export const withheld = (block: boolean, appeal: WarningView['appeal'] = null): MessageView =>
  message('g-1', 0, 0, kHeld, 20_000, { state: block ? 'blocked' : 'warned', warning: { ...warning(block), appeal } })

/** What the pre-check says of a draft: something of the held words, nothing of others. */
export const checkedDraft = (draft: string): Checked => {
  const held = draft === kHeld
  return { holds: held, findings: held ? warning(false).findings.map((one) => ({ ...one, ofConversation: false })) : [] }
}

export const appeals: Readonly<Record<string, WarningView['appeal']>> = {
  received: { state: 'received', decision: '', until: null, failure: null },
  approved: { state: 'approved', decision: 'It is what the witness said.', until: kNow + 20 * hour, failure: null },
  refused: { state: 'refused', decision: 'Say it in the statement, not here.', until: null, failure: null },
}

export const colleagues: readonly PersonView[] = people.map(([person, name, role]) => ({ person, name, role, unit: 'team-a' }))

export function teamMessages(): MessageView[] {
  const of = (seq: number, who: number, text: string, ago: number, more: Partial<MessageView> = {}): MessageView =>
    message('g-1', seq, who, text, ago, more)
  return [
    of(1, 5, '', 2 * day, { kind: 'membership', membership: { joined: ['PC Ella Novak'], left: [], reformed: false, missed: 0 } }),
    of(2, 5, 'Welcome Ella. Briefing notes are in the shared drive, ask Chloe if you cannot open them.', 2 * day - minute),
    of(3, 4, 'Thank you, Sarge. See you all at nine.', 2 * day - 3 * minute, { reactions: [{ emoji: '👍', names: ['PC Amy Shaw', 'Sgt Grace Bell'], own: true }] }),
    of(4, 1, 'Who is covering the school gate on Thursday?', day + hour),
    of(5, 1, 'I can do the morning, not the afternoon.', day + hour - minute),
    of(6, 0, 'I will take the afternoon.', day + 50 * minute, { about: 'g-1-4', reply: { name: 'PC Ben Okafor', text: 'Who is covering the school gate on Thursday?' } }),
    of(7, 2, 'Body-worn camera 14 is back from repair. Please sign it out as usual.', 5 * hour),
    of(8, 2, '', 4.8 * hour, { deleted: true, text: '' }),
    of(9, 3, 'Debrief moved to 17:30, room 2.', 3 * hour, { edited: true, first: 'Debrief moved to 17:00, room 1.' }),
    of(10, 5, 'Pizza or curry after the debrief?', 2.5 * hour, {
      kind: 'poll',
      poll: { question: 'Pizza or curry after the debrief?', ownVote: 1, options: [
        { text: 'Pizza', names: ['PC Ben Okafor', 'PC Dev Malhotra'] },
        { text: 'Curry', names: ['PC Amy Shaw', 'PC Chloe Grant', 'Sgt Grace Bell'] },
        { text: 'Straight home', names: [] } ] },
    }),
    of(11, 1, '@PC Amy Shaw can you bring the keys for the van?', 40 * minute, { mentions: ['p-101'], mentionsMe: true }),
    of(12, 0, 'Yes, they are in my locker.', 38 * minute, { reactions: [{ emoji: '🙏', names: ['PC Ben Okafor'], own: false }] }),
    of(13, 3, 'שלום, שלום — مرحبا. Greetings learnt at the community day 😀👨‍👩‍👧', 12 * minute),
    of(14, 0, 'On my way.', 2 * minute, { overridden: true }),
    of(0, 0, 'Traffic on the ring road, five minutes late.', 20_000, { state: 'checking' }),
    of(0, 0, 'Start without me.', 10_000, { state: 'waiting' }),
  ]
}

export function longHistory(count: number): MessageView[] {
  const words = 'the report is with records and will be back on Monday so please plan the week around it and tell the desk'.split(' ')
  return Array.from({ length: count }, (_, i) =>
    message('g-2', i + 1, (i * 7) % 6, words.slice(0, 3 + ((i * 13) % 16)).join(' ') + ` (${i + 1})`, (count - i) * 4 * minute))
}

export function hostileMessages(): MessageView[] {
  return [
    message('g-3', 1, 1, 'Reads backwards: \u202Etxet neddih\u202C and hides\u200Bthings', hour, { name: hostile[0]![1], person: 'p-666' }),
    message('g-3', 2, 2, '<script>alert(1)</script> ${x} &lt;b&gt; "quotes"', 50 * minute, { name: hostile[2]![1], person: 'p-668' }),
    message('g-3', 3, 3, 'x'.repeat(4000), 40 * minute, { name: hostile[3]![1], person: 'p-669' }),
  ]
}

const alert = (id: string, more: Partial<AlertView>): AlertView => ({
  id, state: 'open', time: kNow - 3 * hour, group: 'g-1', groupName: 'Team A', category: 'racism', severity: 'warn', serious: false,
  rule: 'demeaning/compared-with-animals', standard: 'Code of Ethics: respect and empathy', messageId: 'm',
  subject: { pseudonym: 'Officer 7F2A', person: 'p-104', name: 'PC Dev Malhotra' }, outcome: 'overridden',
  justification: 'Quoting what the complainant said, for the statement.', excerpt: kHeld,
  span: { start: kHeld.indexOf('they all'), end: kHeld.indexOf('. Some') }, earlier: { all: 3, actedUpon: 1, dismissed: 1 }, repeats: 2, appealed: null, proof: null, refused: null,
  steps: [{ time: kNow - 3 * hour, action: 'raise', state: 'open', resolution: null, person: '', argument: '' }], ...more,
})

export const alerts = (): AlertView[] => [
  alert('a-1', {}),
  alert('a-2', { serious: true, category: 'misogyny', severity: 'block', outcome: 'blocked', justification: '', time: kNow - 20 * minute,
    rule: 'sexual-violence/joke', excerpt: 'She was asking for it, dressed like that.', span: { start: 0, end: 22 },
    subject: { pseudonym: 'Officer 11C0', person: '', name: '' } }),
  alert('a-7', { time: kNow - 70 * minute, category: 'reported', outcome: 'reported', justification: 'This keeps happening in our team.', repeats: 0,
    proof: { text: kHeld, claimedTime: kNow - 80 * minute, token: true, content: true, place: true, sender: false, logged: { index: 18210, size: 18234 } } }),
  alert('a-6', { time: kNow - 50 * minute, category: 'operational security', severity: 'block', outcome: 'appealed', justification: 'The name is public, from the trial.',
    excerpt: 'The informant is the barman', span: { start: 4, end: 13 }, rule: 'operational/informant', appealed: 'The informant is the barman at the Crown. He said so in court.', repeats: 0 }),
  alert('a-3', { time: kNow - 30 * hour, category: 'victim details', steps: [
    { time: kNow - 30 * hour, action: 'raise', state: 'open', resolution: null, person: '', argument: '' },
    { time: kNow - 6 * hour, action: 'overdue', state: 'open', resolution: null, person: '', argument: '' } ] }),
  alert('a-4', { state: 'assigned', time: kNow - 5 * day, steps: [
    { time: kNow - 5 * day, action: 'raise', state: 'open', resolution: null, person: '', argument: '' },
    { time: kNow - 4 * day, action: 'acknowledge', state: 'acknowledged', resolution: null, person: 'p-201', argument: '' },
    { time: kNow - 4 * day + hour, action: 'assign', state: 'assigned', resolution: null, person: 'p-201', argument: 'p-202' } ] }),
  alert('a-5', { state: 'closed', time: kNow - 9 * day, steps: [
    { time: kNow - 9 * day, action: 'raise', state: 'open', resolution: null, person: '', argument: '' },
    { time: kNow - 8 * day, action: 'close', state: 'closed', resolution: 'advice-given', person: 'p-201', argument: 'Spoke with the officer on shift.' } ] }),
]

export const device: DeviceView = {
  relay: 'wss://chat.example.org', root: 'example-constabulary/root+8f3a1b2c+AQ' + 'Q'.repeat(41) + '=', organisation: 'example-constabulary',
  person: 'p-101', name: 'PC Amy Shaw', role: 'supervisor', unit: 'team-a', device: hex(11), rootFingerprint: hex(99),
  request: null, certifiedUntil: kNow + 275 * day,
}

export const readyState = (): CoreState => ({
  phase: 'ready', phaseFailure: null, device, idleLockMs: 900_000,
  organisation: { id: 'example-constabulary', name: 'Example Constabulary', example: true, logOrigin: 'log.candour.example/example-constabulary', checkpointSize: 18234, witnessed: true },
  policy: hex(77),
  connection: { state: 'online', failure: null, retryAt: null, botPresent: true },
  notice: { version: 2, issued: kNow - 62 * day, acknowledged: true, lines: [
    'Messages in Candour are checked by a compliance bot before anybody else gets them.',
    'The bot warns you; you can edit, withdraw, or send anyway with a reason. Serious cases reach a supervisor.',
    'Everything is kept sealed. Professional standards open exactly what a signed warrant covers.',
    'Candour is not for operational command: when the bot is away, messages wait.' ] },
  groups: [
    group('g-1', 'Team A', { unread: 2, mentioned: true, last: { name: 'PC Dev Malhotra', own: false, text: 'Greetings learnt at the community day', time: kNow - 12 * minute } }),
    group('g-2', 'Operation Kestrel', { groupClass: 'statement', renamed: { from: 'Kestrel <b>new</b>', time: kNow - 2 * hour }, last: { name: 'PC Chloe Grant', own: false, text: 'The report is with records (5000)', time: kNow - 26 * hour } }),
    group('g-3', 'Night\u202E shift \u200B<b>x</b>', { members: [bot, ...hostile.map((one, i) => member(one, i + 1))], unread: 120, last: { name: hostile[0]![1], own: false, text: 'Reads \u202Ebackwards', time: kNow - 3 * day } }),
    group('g-4', 'Custody suite', { stopped: { code: 'token_invalid', message: 'The server left out message 41 of this group.' }, last: null }),
    group('g-5', 'Training 2025', { removed: true, last: { name: 'PC Ella Novak', own: false, text: 'Goodbye all', time: kNow - 40 * day } }),
  ],
  alerts: alerts(),
  alarms: [
    { id: 'x-1', code: 'log_inconsistent', message: 'A member saw a checkpoint of the log that contradicts the one kept here. Show this to your registrar.', time: kNow - 2 * hour, group: null, messageId: null, device: null, seen: false },
    { id: 'x-2', code: 'own_device', message: 'A device in your name was certified that is not this one. If it is not yours, tell a registrar now.', time: kNow - 4 * day, group: null, messageId: null, device: hex(55), seen: true },
  ],
  requests: [],
  ownAlerts: [{ messageId: 'm', group: 'g-1', raised: kNow - 40 * day, closed: kNow - 38 * day, category: 'sexism', severity: 'warn', rule: 'sexism/capability',
    standard: 'Code of Ethics: fairness', outcome: 'overridden', resolution: 'training' }],
  dutySince: kNow - hour,
  undecided: 2,
})

export const proofHash = hex(77)
export const policyHash = hex(78)
