// A device in conversation (client/conversation.h): connection, trust, store and groups put
// together. The parts of its work stand in engine_*.ts; here is what they share: the state in
// memory, transactions, and the way frames take.
//
// One thing at a time (`exclusive`). What fails how: a delivered message that fails a check is not
// shown, its group is stopped on this device; storage_failed, state_damaged and bugs are final,
// because memory may be ahead of the disk.
import { hex } from './bytes.ts'
import type { Connection } from './connection.ts'
import { compareGroups, handleDeliver } from './engine_receive.ts'
import { resynchronise, takeResynchronise } from './engine_resync.ts'
import { handleMail } from './engine_mail.ts'
import { followPeople, resendToBot } from './engine_people.ts'
import { dueSoon, handleAnswer, prepareDue, resendOutbox, transmit } from './engine_send.ts'
import { refillKeyPackages, shareWanted } from './engine_desk.ts'
import {
  alarmLog,
  followNewLog,
  provePending,
  seeShownCheckpoint,
  watchLog,
} from './engine_watch.ts'
import { loadState } from './engine_load.ts'
import type { Claim, EngineListener, Queued } from './engine_types.ts'
import type { Environment } from './environment.ts'
import { asFailure, codeOf, fault, isFinal, isPassing } from './failure.ts'
import { GroupSession } from './group_session.ts'
import type { DeviceKeys } from './keys.ts'
import { LogWatch } from './log_watch.ts'
import { MlsGroup, type MlsSuite } from './mls.ts'
import { parseKey } from './note.ts'
import type {
  AlarmRecord,
  AlertRecord,
  Draft,
  OutboxItem,
  OwnClosedAlert,
  Profile,
  RequestRecord,
} from './records.ts'
import type { SealedDb } from './sealed_db.ts'
import type { Store, Summary } from './store.ts'
import { Trust } from './trust.ts'
import type { Deliver, MailItem, Proof, ServerFrame } from './wire/candour_pb.ts'

const batchFramesMax = 256

export interface EngineParts {
  readonly env: Environment
  readonly db: SealedDb
  readonly store: Store
  readonly keys: DeviceKeys
  readonly suite: MlsSuite
  readonly profile: Profile
  readonly certificate: string
  readonly listener: EngineListener
}

export class Engine {
  readonly env: Environment
  readonly db: SealedDb
  readonly store: Store
  readonly keys: DeviceKeys
  readonly suite: MlsSuite
  readonly profile: Profile
  readonly certificate: string
  readonly trust: Trust
  readonly watch: LogWatch
  readonly listener: EngineListener

  readonly groups = new Map<string, GroupSession>()
  readonly summaries = new Map<string, Summary>()
  readonly drafts = new Map<string, Draft>()
  readonly outbox = new Map<string, OutboxItem>()
  readonly alerts = new Map<string, AlertRecord>()
  readonly alarms = new Map<string, AlarmRecord>()
  readonly closedAlerts = new Map<string, OwnClosedAlert>()
  dutySince: number | null = null
  readonly requestsToBot = new Map<string, RequestRecord>()
  order = 0
  mailCursor = 0
  noticeAcknowledged = ''

  // Of the present connection.
  connection: Connection | null = null
  botPresent = false
  caughtUp = false
  keyPackagesHeld = 0
  lastResortDue = false
  refillAt = 0
  readonly newest = new Map<string, number>()
  readonly queued = new Map<string, Queued>()
  /** Refusals in a row of each message; encrypting it again does not begin anew. */
  readonly attempts = new Map<string, number>()
  readonly requests = new Map<bigint, string>()
  readonly proofRequests = new Map<bigint, string>()
  readonly acks = new Map<string, number>()
  mailAck: number | null = null
  checkpointShown: string | null = null
  proofAnswers: { leaf: string; proof: Proof | null }[] = []
  readonly early = new Map<string, Deliver[]>()
  earlyCount = 0
  deferredMail: MailItem[] = []
  waitingBytes = 0
  readonly held = new Map<string, Deliver[]>()
  lost: unknown = null
  readonly behind = new Map<string, { oldest: number; notBefore: number }>()
  readonly waitingFor = new Map<string, string>()
  readonly provenEpochs = new Map<string, number>()

  claims: Claim[] = []
  readonly unprovenObjects = new Map<number, number>()
  readonly unprovenMembers = new Map<string, number>()
  watchedRevision = -1
  ticked: number | null = null
  shareAt = 0
  resendAt: number | null = null
  /** Groups that the bot says are left, and when that is to be so here too. */
  readonly leaving = new Map<string, number>()

  #broken: unknown = null
  #closing = false
  #last: Promise<unknown> = Promise.resolve()
  #changed = new Map<string, Set<string>>()
  #arrivals: { group: string; mentionsMe: boolean }[] = []
  #pumping = false
  #pumpAgain = false

  private constructor(parts: EngineParts, trust: Trust) {
    this.env = parts.env
    this.db = parts.db
    this.store = parts.store
    this.keys = parts.keys
    this.suite = parts.suite
    this.profile = parts.profile
    this.certificate = parts.certificate
    this.trust = trust
    this.listener = parts.listener
    this.watch = new LogWatch(parts.store)
  }

  static async load(parts: EngineParts): Promise<Engine> {
    const { store, profile, suite } = parts
    const trust = await Trust.load(parseKey(profile.root), store)
    const engine = new Engine(parts, trust)
    await loadState(engine, suite)
    return engine
  }

  // ---- one thing at a time, all or nothing ----------------------------------------------------

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(() => {
      this.checkWorking()
      return work()
    })
    this.#last = run.catch(() => undefined)
    return run
  }

  checkWorking(): void {
    if (this.#broken !== null) throw this.#broken
  }

  /**
   * Runs `work` and makes what it changed durable in one transaction. A failure of the work itself
   * keeps what was done before it; only a failing disk, or a bug, undoes it, and then memory and
   * disk differ, so this engine is finished.
   */
  async keep(
    work: () => Promise<void> | void,
    durability: 'strict' | 'relaxed' = 'strict',
  ): Promise<void> {
    this.checkWorking()
    let worked: unknown = null
    try {
      await this.db.atomically(async () => {
        try {
          await work()
        } catch (thrown) {
          if (isFinal(thrown)) throw thrown
          worked = thrown
        }
        this.#flush()
      }, durability)
    } catch (thrown) {
      this.#fail(thrown)
      throw thrown
    }
    this.#tell()
    if (worked !== null) throw worked
  }

  #fail(thrown: unknown): void {
    this.#broken = thrown
    this.#changed.clear()
    this.#arrivals = []
    this.connection?.close()
    this.listener.broken(asFailure(thrown))
  }

  #flush(): void {
    for (const [id, session] of this.groups) {
      const { changed } = session
      if (changed.record) this.store.putGroup(session.record)
      if (changed.progress) this.store.putProgress(id, session.progress)
      if (changed.mls) this.store.putMlsState(id, session.mls.save())
      session.changed = { mls: false, record: false, progress: false }
    }
  }

  /** A line of a conversation is new, other or gone. */
  touch(group: string, id: string): void {
    const ids = this.#changed.get(group) ?? new Set()
    this.#changed.set(group, ids.add(id))
  }
  arrived(group: string, mentionsMe: boolean): void {
    this.#arrivals.push({ group, mentionsMe })
  }

  #tell(): void {
    const changed = this.#changed
    const arrivals = this.#arrivals
    this.#changed = new Map()
    this.#arrivals = []
    for (const [group, ids] of changed) this.listener.messagesChanged(group, ids)
    for (const { group, mentionsMe } of arrivals) this.listener.arrived(group, mentionsMe)
    this.listener.stateChanged()
  }

  now(): number {
    return this.env.now()
  }
  needConnection(): Connection {
    if (this.connection !== null) return this.connection
    throw fault('disconnected', 'not connected to the relay')
  }
  nextOrder(): number {
    this.order += 1
    this.store.putOrder(this.order)
    return this.order
  }
  personOf(device: string): string {
    return this.trust.directory.find(device)?.name ?? device.slice(0, 8)
  }
  stopGroup(session: GroupSession, reason: unknown): void {
    session.stop(asFailure(reason))
  }
  /** The group's numbers are of a log that was lost: it is to be formed again. */
  isOfOldLog(session: GroupSession): boolean {
    const { logOrigin } = session.progress
    return logOrigin !== '' && logOrigin !== this.trust.logOrigin
  }
  setNoticeAcknowledged(digest: string): void {
    this.noticeAcknowledged = digest
    this.store.putNoticeAcknowledged(digest)
  }
  noticeIsAcknowledged(): boolean {
    const { notice } = this.trust.directory
    return notice === null || notice.digest === this.noticeAcknowledged
  }

  // ---- the connection -------------------------------------------------------------------------

  /** After login: catches up with directory and groups, sends again what has no outcome. */
  takeLogin(connection: Connection): Promise<void> {
    return this.exclusive(async () => {
      this.dropConnection()
      if (this.#closing) {
        connection.close()
        throw fault('disconnected', 'the app was locked')
      }
      this.connection = connection
      try {
        await this.#takeLogin(connection)
      } catch (thrown) {
        this.dropConnection()
        throw thrown
      }
      connection.onActivity(() => this.pump())
      this.pump()
    })
  }

  /** Ends the connection for good, between two pieces of work: nothing is lost in the middle of one. */
  async close(): Promise<void> {
    this.#closing = true
    this.connection?.close()
    // An engine that broke does no more work, so nothing is in the middle.
    await this.exclusive(async () => this.dropConnection()).catch(() => this.dropConnection())
  }

  async #takeLogin(connection: Connection): Promise<void> {
    const { loggedIn } = connection
    try {
      await this.keep(async () => {
        const before = this.trust.logOrigin
        await this.trust.refresh(connection)
        if (before !== '' && before !== this.trust.logOrigin) followNewLog(this, before)
      })
    } catch (thrown) {
      if (codeOf(thrown) === 'log_inconsistent') await this.keep(() => alarmLog(this, thrown))
      throw thrown
    }
    await this.keep(() => provePending(this))
    checkOrganisation(this.trust.needStatement().id, this.profile.organisation)
    this.trust.directory.device(this.keys.device, this.now())
    this.keyPackagesHeld = loggedIn.keyPackages
    this.lastResortDue = loggedIn.lastResortDue
    this.botPresent = loggedIn.botPresent
    await this.keep(() => {
      const current = this.trust.directory.notice?.digest ?? ''
      // The relay's word, which may also be that it knows of none (any more).
      const known = loggedIn.noticeAcknowledged && hex(loggedIn.notice) === current
      this.setNoticeAcknowledged(known ? current : '')
      compareGroups(this, loggedIn.groups)
    })
    await refillKeyPackages(this)
    resendOutbox(this)
    await resendToBot(this)
    await this.submitDue()
  }

  dropConnection(): void {
    this.connection?.onActivity(() => {})
    this.connection?.close()
    this.connection = null
    this.caughtUp = false
    this.requests.clear()
    this.proofRequests.clear()
    this.proofAnswers = []
    this.early.clear()
    this.earlyCount = 0
    this.deferredMail = []
    this.waitingBytes = 0
    this.held.clear()
    this.behind.clear()
    this.acks.clear()
    this.mailAck = null
    this.checkpointShown = null
    this.lost = null
    this.ticked = null
    this.watch.restart()
  }

  /** Handles what came; safe to call at any time. */
  pump(): void {
    if (this.#pumping) {
      this.#pumpAgain = true
      return
    }
    this.#pumping = true
    void this.exclusive(() => this.#pumpOnce())
      .catch((thrown: unknown) => {
        const ended = this.connection?.ended ?? null
        this.dropConnection()
        if (this.#broken === null) this.listener.connectionEnded(asFailure(thrown), ended)
      })
      .finally(() => {
        this.#pumping = false
        if (!this.#pumpAgain) return
        this.#pumpAgain = false
        this.pump()
      })
  }

  async #pumpOnce(): Promise<void> {
    const { connection } = this
    if (connection === null) return
    for (;;) {
      const frames = connection.take(batchFramesMax)
      if (frames.length === 0 || this.#closing) break
      await this.keep(async () => {
        for (const frame of frames) {
          await this.#handle(frame)
          // What was not handled is delivered again.
          if (this.lost !== null) break
        }
      }, 'relaxed')
      await this.acknowledge()
      if (this.lost !== null) throw this.lost
    }
    if (connection.ended !== null) throw connection.ended
    await this.#followUp(connection)
    this.#noticeCaughtUp()
  }

  async #handle(frame: ServerFrame): Promise<void> {
    if (frame.replyTo !== 0n) return handleAnswer(this, frame)
    const { body } = frame
    switch (body.case) {
      case 'deliver':
        return handleDeliver(this, body.value)
      case 'mail':
        return handleMail(this, body.value)
      case 'botPresence':
        if (body.value.present && !this.botPresent) dueSoon(this)
        this.botPresent = body.value.present
        return
      case 'checkpoint':
        this.checkpointShown = new TextDecoder().decode(body.value.note)
        return
      case 'resynchronise':
        return takeResynchronise(this, body.value)
      case 'directory':
        try {
          await this.trust.seeDirectory(body.value, this.needConnection())
        } catch (thrown) {
          if (isFinal(thrown)) throw thrown
          if (isPassing(thrown)) this.lost = thrown
          else await alarmLog(this, thrown)
        }
        return
      default:
        // Frames of a later version of the relay pass unread.
        return
    }
  }

  /**
   * Only what is durable. It was shown a moment before: what the power took with it comes again.
   */
  async acknowledge(): Promise<void> {
    const { connection } = this
    if (connection === null || connection.ended !== null) return
    if (this.acks.size === 0 && this.mailAck === null) return
    try {
      await this.db.settle()
    } catch (thrown) {
      this.#fail(thrown)
      throw thrown
    }
    // A lost acknowledgement costs a repetition at the next login, nothing else.
    for (const [group, seq] of this.acks) {
      const id = Uint8Array.from(group.match(/../g) ?? [], (pair) => parseInt(pair, 16))
      connection.send({ case: 'deliveryAck', value: { group: id, seq: BigInt(seq) } })
    }
    this.acks.clear()
    if (this.mailAck !== null) {
      connection.send({ case: 'mailAck', value: { through: BigInt(this.mailAck) } })
      this.mailAck = null
    }
  }

  /** What needs the network and therefore waits until the frames at hand are durable. */
  async #followUp(connection: Connection): Promise<void> {
    await seeShownCheckpoint(this, connection)
    await refillKeyPackages(this)
    await resynchronise(this)
    await watchLog(this)
    if (this.lost !== null) throw this.lost
    await shareWanted(this)
    await followPeople(this)
    await this.submitDue()
  }

  #noticeCaughtUp(): void {
    if (this.caughtUp) return
    for (const [group, seq] of this.newest) {
      const session = this.groups.get(group)
      if (session && session.progress.stopped === null && session.progress.seq < seq) return
    }
    this.caughtUp = true
    this.listener.stateChanged()
  }

  /** Keeps what `work` writes and, with a connection, the bytes of what is due: in one go. */
  async keepAndSubmit(work: () => Promise<void> | void): Promise<void> {
    const ready: OutboxItem[] = []
    await this.keep(async () => {
      await work()
      if (this.connection !== null) await prepareDue(this, ready)
    })
    transmit(this, ready)
  }

  /** Encrypts and sends what waits. */
  async submitDue(): Promise<void> {
    const now = this.env.monotonic()
    if (this.connection === null) return
    if (![...this.queued.values()].some((queued) => queued.notBefore <= now)) return
    const ready: OutboxItem[] = []
    await this.keep(() => prepareDue(this, ready))
    transmit(this, ready)
  }
}

function checkOrganisation(found: string, wanted: string): void {
  if (found === wanted) return
  throw fault(
    'foreign_certificate',
    `the relay is of organisation "${found}", this device was enrolled in "${wanted}"`,
  )
}
