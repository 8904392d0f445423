// Everything a device remembers (records.ts), as verbs over the sealed database.
//
// Order that makes a crash harmless (client/README.md): draft, MLS state and the exact bytes of a
// submission become durable in one transaction before they are sent; what delivered messages change
// goes into one transaction before the relay is told.
import type { Bytes } from './bytes.ts'
import type { WrappedKeys } from './keys.ts'
import type { KeyPackageRecord } from './mls.ts'
import type {
  AlarmRecord,
  AlertRecord,
  Draft,
  GroupProgress,
  GroupRecord,
  OutboxItem,
  OwnClosedAlert,
  OwnWarning,
  Profile,
  RequestRecord,
  Row,
  WatchRecord,
} from './records.ts'
import type { Key, SealedDb, Value } from './sealed_db.ts'
import type { KeptTrust, TrustStore } from './trust_store.ts'
import type { DirectoryEntry } from './trust_directory.ts'

/** What the list of groups shows of one. */
export interface Summary {
  unread: number
  mentioned: boolean
  last: { name: string; own: boolean; text: string; time: number; seq: number } | null
}

export class Store implements TrustStore {
  readonly db: SealedDb
  constructor(db: SealedDb) {
    this.db = db
  }

  // The types of rows are given here and nowhere else: what is under a kind's key was put there by
  // the verb beside it, and the seal says that nobody else did.
  async #get<T>(key: Key): Promise<T | null> {
    return ((await this.db.get(key)) as T | undefined) ?? null
  }
  async #all<T>(kind: string): Promise<readonly T[]> {
    return (await this.db.all([kind])).map((row) => row.value as T)
  }
  #put(key: Key, value: Value): void {
    this.db.put(key, value)
  }

  // The device.
  profile = () => this.#get<Profile>(['profile'])
  putProfile = (profile: Profile) => this.#put(['profile'], profile)
  keys = () => this.#get<WrappedKeys>(['keys'])
  putKeys = (keys: WrappedKeys) => this.#put(['keys'], keys)
  certificate = () => this.#get<string>(['certificate'])
  putCertificate = (note: string) => this.#put(['certificate'], note)
  mailCursor = async () => (await this.#get<number>(['mail'])) ?? 0
  putMailCursor = (number: number) => this.#put(['mail'], number)
  noticeAcknowledged = () => this.#get<string>(['notice'])
  putNoticeAcknowledged = (digest: string) => this.#put(['notice'], digest)
  order = async () => (await this.#get<number>(['order'])) ?? 0
  putOrder = (order: number) => this.#put(['order'], order)

  // Key packages by reference.
  putKeyPackage = (reference: string, record: KeyPackageRecord) =>
    this.#put(['package', reference], record)
  keyPackage = (reference: string) => this.#get<KeyPackageRecord>(['package', reference])
  deleteKeyPackage = (reference: string) => this.db.delete(['package', reference])
  /** Without those of last resort. */
  keyPackageCount = async () =>
    (await this.#all<KeyPackageRecord>('package')).filter((record) => !record.lastResort).length
  /** References, oldest first. */
  async lastResorts(): Promise<readonly string[]> {
    const rows = await this.db.all(['package'])
    const records = rows.map(({ key, value }) => ({
      reference: String(key[1]),
      record: value as KeyPackageRecord,
    }))
    return records
      .filter(({ record }) => record.lastResort)
      .sort((a, b) => a.record.made - b.record.made)
      .map(({ reference }) => reference)
  }

  // Groups.
  groups = () => this.#all<GroupRecord>('group')
  putGroup = (record: GroupRecord) => this.#put(['group', record.id], record)
  progress = (group: string) => this.#get<GroupProgress>(['progress', group])
  putProgress = (group: string, progress: GroupProgress) =>
    this.#put(['progress', group], { ...progress })
  mlsState = (group: string) => this.#get<Bytes>(['mls', group])
  putMlsState = (group: string, state: Bytes) => this.#put(['mls', group], state)
  summary = (group: string) => this.#get<Summary>(['summary', group])
  putSummary = (group: string, summary: Summary) => this.#put(['summary', group], { ...summary })
  composer = async (group: string) => (await this.#get<string>(['composer', group])) ?? ''
  putComposer = (group: string, text: string) => this.#put(['composer', group], text)

  // Own messages.
  drafts = () => this.#all<Draft>('draft')
  putDraft = (draft: Draft) => this.#put(['draft', draft.id], { ...draft })
  deleteDraft = (id: string) => this.db.delete(['draft', id])
  outbox = () => this.#all<OutboxItem>('outbox')
  putOutbox = (item: OutboxItem) => this.#put(['outbox', item.id], item)
  deleteOutbox = (id: string) => this.db.delete(['outbox', id])

  // What was asked of the bot, oldest first.
  requests = async () =>
    [...(await this.#all<RequestRecord>('request'))].sort((a, b) => a.time - b.time)
  putRequest = (record: RequestRecord) => this.#put(['request', record.id], record)
  deleteRequest = (id: string) => this.db.delete(['request', id])

  // Shown messages: by place in the group, found by id.
  putRow(row: Row): void {
    this.#put(['message', row.group, row.seq], { ...row })
    this.#put(['place', row.id, row.group], row.seq)
  }
  async row(group: string, id: string): Promise<Row | null> {
    const seq = await this.#get<number>(['place', id, group])
    return seq === null ? null : this.#get<Row>(['message', group, seq])
  }
  /** Of whichever of `groups` has it; an own message before another's of the same id. */
  async rowIn(groups: Iterable<string>, id: string): Promise<Row | null> {
    let found: Row | null = null
    for (const group of groups) {
      const row = await this.row(group, id)
      if (row?.own) return row
      found ??= row
    }
    return found
  }
  async rowsBefore(group: string, seq: number, limit: number): Promise<readonly Row[]> {
    const rows = await this.db.before(['message', group], seq, limit)
    return rows.map(({ value }) => value as Row)
  }
  counter = async (group: string, device: string) =>
    (await this.#get<number>(['counter', group, device])) ?? 0
  putCounter = (group: string, device: string, counter: number) =>
    this.#put(['counter', group, device], counter)

  // Alerts, the watch over the log, alarms.
  alerts = () => this.#all<AlertRecord>('alert')
  putAlert = (record: AlertRecord) => this.#put(['alert', record.id], record)
  watched = () => this.#all<WatchRecord>('watched')
  putWatched = (record: WatchRecord) => this.#put(['watched', record.leaf], { ...record })
  deleteWatched = (leaf: string) => this.db.delete(['watched', leaf])
  alarms = () => this.#all<AlarmRecord>('alarm')
  putAlarm = (alarm: AlarmRecord) => this.#put(['alarm', alarm.subject], { ...alarm })

  // The owner's own record.
  warning = (id: string) => this.#get<OwnWarning>(['warning', id])
  warnings = () => this.#all<OwnWarning>('warning')
  putWarning = (warning: OwnWarning) => this.#put(['warning', warning.id], warning)
  deleteWarning = (id: string) => this.db.delete(['warning', id])
  closedAlerts = () => this.#all<OwnClosedAlert>('closed')
  putClosedAlert = (closed: OwnClosedAlert) => this.#put(['closed', closed.messageId], closed)
  dutySince = () => this.#get<number>(['duty'])
  putDutySince = (time: number | null) =>
    time === null ? this.db.delete(['duty']) : this.#put(['duty'], time)

  // TrustStore.
  async loadTrust(): Promise<KeptTrust> {
    return {
      entries: [...(await this.#all<DirectoryEntry>('entry'))],
      size: (await this.#get<number>(['trust', 'size'])) ?? 0,
      proven: [...(await this.#all<number>('proven'))],
      first: (await this.#get<number>(['trust', 'first'])) ?? 0,
      checkpoint: (await this.#get<string>(['trust', 'checkpoint'])) ?? '',
    }
  }
  putEntry = (entry: DirectoryEntry) => this.#put(['entry', entry.number], entry)
  putDirectorySize = (size: number) => this.#put(['trust', 'size'], size)
  putProven = (number: number) => this.#put(['proven', number], number)
  putFirst = (size: number) => this.#put(['trust', 'first'], size)
  putCheckpoint = (note: string) => this.#put(['trust', 'checkpoint'], note)
  async beginAnew(oldOrigin: string, anew: KeptTrust): Promise<void> {
    const old = await this.#get<string>(['trust', 'checkpoint'])
    if (old !== null) this.#put(['old-checkpoint', oldOrigin], old)
    for (const kind of ['entry', 'proven', 'watched']) await this.db.deleteAll([kind])
    for (const entry of anew.entries) this.putEntry(entry)
    for (const number of anew.proven) this.putProven(number)
    this.putDirectorySize(anew.size)
    this.putFirst(anew.first)
    this.putCheckpoint(anew.checkpoint)
    this.putMailCursor(0)
  }
}
