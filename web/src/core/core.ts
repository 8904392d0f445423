// The core itself (api.ts): phases of the device, and commands handed on to the engine.
import type {
  AlertStep,
  Change,
  ContextView,
  Core,
  CoreState,
  EnrolmentOffer,
  Failure,
  GroupChange,
  OwnRecord,
  Page,
  PersonView,
  Phase,
  ProofView,
  Result,
  TextOptions,
} from './api.ts'
import { makeEnrolment, parseCertificate, checkValidAt } from './certificate.ts'
import type { Content } from './content.ts'
import { contextOf } from './context.ts'
import { Engine } from './engine.ts'
import type { EngineListener } from './engine_types.ts'
import * as desk from './engine_desk.ts'
import { dismissDuty, ownRecord } from './engine_record.ts'
import * as proof from './engine_proof.ts'
import * as people from './engine_people.ts'
import { type Environment, browserEnvironment, missingInBrowser } from './environment.ts'
import { asFailure, attempt, failed, fault, isFinal, success } from './failure.ts'
import { type DeviceKeys, generateKeys, unwrapKeys } from './keys.ts'
import { same } from './bytes.ts'
import { lineOf, page, search } from './lines.ts'
import { Link } from './link.ts'
import { MlsSuite } from './mls.ts'
import { parseNote } from './note.ts'
import { checkOffer, offerFragment, readOffer } from './offer.ts'
import type { Profile } from './records.ts'
import { SealedDb, destroy, exists } from './sealed_db.ts'
import { deviceView, emptyParts, partsOf } from './state.ts'
import { Store } from './store.ts'

const lockName = 'candour-core'
const idleLockMs = 15 * 60 * 1000
const idleCheckMs = 1_000
const offline = { state: 'offline', failure: null, retryAt: null } as const

interface Unlocked {
  readonly db: SealedDb
  readonly store: Store
  readonly keys: DeviceKeys
  profile: Profile
  certificate: string | null
  request: string | null
}

class DeviceCore implements Core {
  readonly #env: Environment
  readonly #listeners = new Set<(change: Change) => void>()
  #phase: Phase = 'elsewhere'
  #phaseFailure: Failure | null = null
  #open: Unlocked | null = null
  #engine: Engine | null = null
  #link: Link | null = null
  #idle: ReturnType<typeof setInterval> | null = null
  #touched = { wall: 0, monotonic: 0 }
  #telling = false

  constructor(env: Environment) {
    this.#env = env
  }

  async begin(): Promise<void> {
    const missing = await missingInBrowser()
    if (missing !== null) return this.#setPhase('unsupported', missing)
    await new Promise<void>((settled) => {
      const busy = () => {
        this.#setPhase('elsewhere')
        settled()
      }
      this.#env
        .lock(lockName, busy)
        .then(() => this.#settle())
        .catch((thrown: unknown) => this.#setPhase('failed', asFailure(thrown)))
        .finally(settled)
    })
  }

  async #settle(): Promise<void> {
    this.#setPhase((await exists(this.#env)) ? 'locked' : 'empty')
  }

  #setPhase(phase: Phase, failure: Failure | null = null): void {
    this.#phase = phase
    this.#phaseFailure = failure
    this.#tell()
  }

  // ---- telling -------------------------------------------------------------------------------

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  #emit(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change)
  }
  /** Once for all that changes in one go. */
  #tell(): void {
    if (this.#telling) return
    this.#telling = true
    setTimeout(() => {
      this.#telling = false
      this.#emit({ type: 'state', state: this.state() })
    }, 0)
  }

  state(): CoreState {
    const open = this.#open
    const link = this.#link?.view() ?? offline
    let device: CoreState['device'] = null
    if (open !== null) {
      const until = open.certificate && parseCertificate(parseNote(open.certificate).text).notAfter
      device = deviceView(open.profile, open.keys.device, open.request, until || null)
    }
    return {
      phase: this.#phase,
      phaseFailure: this.#phaseFailure,
      device,
      idleLockMs: open?.profile.idleLockMs ?? idleLockMs,
      connection: { ...link, botPresent: this.#engine?.botPresent ?? false },
      ...(this.#engine ? partsOf(this.#engine) : emptyParts),
    }
  }

  /** Deaf to an engine that is not, or no longer, the one of this session. */
  #listener(engine: () => Engine | null): EngineListener {
    const ifCurrent = (then: () => void) => {
      if (this.#engine !== null && this.#engine === engine()) then()
    }
    return {
      stateChanged: () => ifCurrent(() => this.#tell()),
      messagesChanged: (group, ids) => ifCurrent(() => void this.#tellLines(group, ids)),
      arrived: (group, mentionsMe) =>
        ifCurrent(() => this.#emit({ type: 'arrived', group, mentionsMe })),
      connectionEnded: (reason, why) => ifCurrent(() => this.#link?.failed(reason, why)),
      broken: (reason) =>
        ifCurrent(() => {
          void this.#link?.close()
          this.#setPhase('failed', reason)
        }),
    }
  }

  async #tellLines(group: string, ids: ReadonlySet<string>): Promise<void> {
    const engine = this.#engine
    if (engine === null) return
    const lines = await attempt(() =>
      engine.exclusive(() =>
        Promise.all([...ids].map(async (id) => ({ id, line: await lineOf(engine, group, id) }))),
      ),
    )
    if (!lines.ok || this.#engine !== engine) return
    const changed = lines.value.flatMap(({ line }) => (line === null ? [] : [line]))
    const removed = lines.value.filter(({ line }) => line === null).map(({ id }) => id)
    this.#emit({ type: 'messages', group, changed, removed })
  }

  // ---- the device ----------------------------------------------------------------------------

  readOffer(text: string): Result<EnrolmentOffer> {
    try {
      return success(readOffer(text))
    } catch (thrown) {
      return failed(asFailure(thrown))
    }
  }

  #expect(...phases: readonly Phase[]): void {
    if (phases.includes(this.#phase)) return
    throw fault('usage', `this cannot be done now (the app is ${this.#phase})`)
  }

  enrol(offer: EnrolmentOffer, passphrase: string): Promise<Result<void>> {
    return attempt(async () => {
      this.#expect('empty')
      const profile: Profile = { ...checkOffer(offer), idleLockMs }
      const db = await SealedDb.create(this.#env, passphrase)
      const store = new Store(db)
      const wrapped = await generateKeys(db.dataKey)
      await db.atomically(async () => {
        store.putProfile(profile)
        store.putKeys(wrapped)
      })
      await this.#opened(db)
    })
  }

  async #opened(db: SealedDb): Promise<void> {
    const store = new Store(db)
    const profile = await store.profile()
    const wrapped = await store.keys()
    if (profile === null || wrapped === null) {
      // The browser ended between making the state and filling it: nothing of it was used yet.
      db.close()
      await destroy(this.#env)
      this.#setPhase('empty')
      throw fault('state_damaged', 'enrolment was interrupted in this browser; enrol again')
    }
    const keys = await unwrapKeys(wrapped, db.dataKey)
    const certificate = await store.certificate()
    const request =
      certificate === null ? await makeEnrolment(profile, keys.signing, keys.sealingPublic) : null
    this.#open = { db, store, keys, profile, certificate, request }
    this.#touchNow()
    if (this.#idle !== null) clearInterval(this.#idle)
    this.#idle = setInterval(() => this.#lockIfIdle(), idleCheckMs)
    if (certificate === null) this.#setPhase('requested')
    else await this.#run()
  }

  async #run(): Promise<void> {
    const open = this.#open
    if (open === null || open.certificate === null) return
    const { db, store, keys, profile, certificate } = open
    const suite = await MlsSuite.make(keys.signing)
    let mine: Engine | null = null
    const listener = this.#listener(() => mine)
    const env = this.#env
    const parts = { env, db, store, keys, suite, profile, certificate, listener }
    mine = await Engine.load(parts)
    if (this.#open !== open) throw fault('state_locked', 'the app was locked')
    this.#engine = mine
    this.#link = new Link(this.#engine, () => this.#tell())
    this.#setPhase('ready')
    this.#link.start()
  }

  installCertificate(note: string): Promise<Result<void>> {
    return attempt(async () => {
      this.#expect('requested')
      const open = this.#need()
      const certificate = parseCertificate(parseNote(note).text)
      const mine =
        same(certificate.signingKey, open.keys.signing.publicKey) &&
        same(certificate.sealingKey, open.keys.sealingPublic)
      if (!mine) {
        throw fault('certificate_invalid', 'the certificate is not for the keys of this device')
      }
      if (certificate.organisation !== open.profile.organisation) {
        throw fault(
          'foreign_certificate',
          `the certificate is of organisation "${certificate.organisation}", this device of ` +
            `"${open.profile.organisation}"`,
        )
      }
      checkValidAt(certificate, this.#env.now())
      await open.db.atomically(async () => open.store.putCertificate(note))
      open.certificate = note
      open.request = null
      await this.#run()
    })
  }

  unlock(passphrase: string): Promise<Result<void>> {
    return attempt(async () => {
      this.#expect('locked')
      const db = await SealedDb.open(this.#env, passphrase)
      try {
        await this.#opened(db)
      } catch (thrown) {
        if (isFinal(thrown) && this.#phase !== 'empty') {
          this.#setPhase('failed', asFailure(thrown))
        }
        throw thrown
      }
    })
  }

  changePassphrase(from: string, to: string): Promise<Result<void>> {
    return attempt(() => this.#need().db.changePassphrase(from, to))
  }

  async lock(): Promise<void> {
    if (this.#open === null) return
    const open = this.#open
    const engine = this.#engine
    // What is under way ends first; then keys and text are let go of.
    await this.#link?.close()
    await engine?.exclusive(async () => {}).catch(() => undefined)
    if (this.#open !== open) return // by another call meanwhile
    if (this.#idle !== null) clearInterval(this.#idle)
    this.#idle = null
    open.db.close()
    this.#open = null
    this.#engine = null
    this.#link = null
    if (this.#phase !== 'failed') this.#setPhase('locked')
  }

  setIdleLock(ms: number): Promise<Result<void>> {
    return attempt(async () => {
      const open = this.#need()
      if (!Number.isInteger(ms) || ms < 0) throw fault('input_invalid', 'no such time')
      const profile = { ...open.profile, idleLockMs: ms }
      await this.#write(async () => open.store.putProfile(profile))
      open.profile = profile
      this.touch()
      this.#tell()
    })
  }

  touch(): void {
    if (!this.#lockIfIdle()) this.#touchNow()
  }
  #touchNow(): void {
    this.#touched = { wall: this.#env.now(), monotonic: this.#env.monotonic() }
  }
  /**
   * By both clocks: timers and the monotonic one may stand still while the computer sleeps, the
   * other may be set back.
   */
  #lockIfIdle(): boolean {
    const ms = this.#open?.profile.idleLockMs ?? 0
    const { wall, monotonic } = this.#touched
    const idle = Math.max(this.#env.now() - wall, this.#env.monotonic() - monotonic)
    if (ms === 0 || idle < ms) return false
    void this.lock()
    return true
  }

  forget(): Promise<Result<void>> {
    return attempt(async () => {
      this.#expect('locked', 'requested', 'ready', 'failed')
      await this.lock()
      await destroy(this.#env)
      this.#setPhase('empty')
    })
  }

  async goOffline(): Promise<void> {
    await this.#link?.stop()
  }
  async goOnline(): Promise<void> {
    this.#link?.start()
  }

  // ---- commands ------------------------------------------------------------------------------

  #need(): Unlocked {
    if (this.#open !== null && !this.#lockIfIdle()) return this.#open
    throw fault('state_locked', 'the app is locked')
  }
  #needEngine(): Engine {
    this.#need()
    if (this.#engine !== null) return this.#engine
    throw fault('unknown_device', 'this device has no certificate yet')
  }
  /** Alone, and told of as a value. */
  #do<T>(work: (engine: Engine) => Promise<T>): Promise<Result<T>> {
    return attempt(() => {
      const engine = this.#needEngine()
      return engine.exclusive(() => work(engine))
    })
  }
  async #write(work: () => Promise<void>): Promise<void> {
    const engine = this.#engine
    if (engine === null) return this.#need().db.atomically(work)
    await engine.exclusive(() => engine.keep(work))
  }

  messages(
    group: string,
    options: { before?: number; limit: number },
  ): Promise<Result<Page>> {
    return this.#do((e) => page(e, group, options.before, options.limit))
  }
  search(text: string, options: { group?: string; limit: number }) {
    return this.#do((e) => search(e, text, options.group, options.limit))
  }
  markRead(group: string): Promise<Result<void>> {
    return this.#do(async (e) => {
      const summary = e.summaries.get(group)
      if (summary === undefined || (summary.unread === 0 && !summary.mentioned)) return
      await e.keep(() => {
        summary.unread = 0
        summary.mentioned = false
        e.store.putSummary(group, summary)
      })
    })
  }
  composer(group: string): Promise<Result<string>> {
    return this.#do((e) => e.store.composer(group))
  }
  saveComposer(group: string, text: string): Promise<Result<void>> {
    return this.#do((e) => e.keep(() => e.store.putComposer(group, text)))
  }
  markAlarmsSeen(): Promise<Result<void>> {
    return this.#do((e) =>
      e.keep(() => {
        for (const alarm of e.alarms.values()) {
          if (alarm.seen) continue
          alarm.seen = true
          e.store.putAlarm(alarm)
        }
      }),
    )
  }

  prove(group: string, id: string): Promise<Result<ProofView>> {
    return this.#do((e) => proof.prove(e, group, id))
  }

  #send(group: string, content: Content): Promise<Result<string>> {
    return this.#do((e) => desk.send(e, group, content))
  }
  sendText(group: string, text: string, options: TextOptions = {}): Promise<Result<string>> {
    const mentions = options.mentions ?? []
    return this.#send(group, { type: 'text', text, replyTo: options.replyTo ?? null, mentions })
  }
  sendReaction(group: string, about: string, emoji: string): Promise<Result<string>> {
    return this.#send(group, { type: 'reaction', about, emoji })
  }
  sendPoll(group: string, question: string, options: readonly string[]): Promise<Result<string>> {
    return this.#send(group, { type: 'poll', question, options })
  }
  sendVote(group: string, about: string, option: number): Promise<Result<string>> {
    return this.#send(group, { type: 'vote', about, option })
  }
  edit(id: string, text: string): Promise<Result<string>> {
    return this.#do((e) => desk.edit(e, id, text))
  }
  deleteForEveryone(group: string, id: string): Promise<Result<string>> {
    return this.#send(group, { type: 'deletion', about: id })
  }
  withdraw(id: string): Promise<Result<void>> {
    return this.#do((e) => desk.withdraw(e, id))
  }
  overrideWarning(id: string, reason: string): Promise<Result<string>> {
    return this.#do((e) => desk.answerWarning(e, id, 'override', reason))
  }
  dispute(id: string, reason: string): Promise<Result<string>> {
    return this.#do((e) => desk.answerWarning(e, id, 'dispute', reason))
  }
  report(group: string, id: string, reason: string): Promise<Result<string>> {
    return this.#do((e) => desk.report(e, group, id, reason))
  }
  acknowledgeNotice(): Promise<Result<void>> {
    return this.#do((e) => desk.acknowledgeNotice(e))
  }
  alertStep(id: string, step: AlertStep): Promise<Result<void>> {
    return this.#do((e) =>
      step.action === 'approve' || step.action === 'refuse'
        ? people.decideAppeal(e, id, step.action, step.reason)
        : desk.alertStep(e, id, step),
    )
  }
  appeal(id: string, reason: string): Promise<Result<void>> {
    return this.#do((e) => people.appeal(e, id, reason))
  }
  resubmit(id: string): Promise<Result<string>> {
    return this.#do((e) => people.resubmit(e, id))
  }
  people(text: string): Promise<Result<readonly PersonView[]>> {
    return this.#do(async (e) => people.findPeople(e, text))
  }
  proveReport(id: string): Promise<Result<void>> {
    return this.#do((e) => proof.proveReport(e, id))
  }
  alertContext(
    id: string,
    { minutes, everyone }: { minutes: number; everyone: boolean },
  ): Promise<Result<ContextView>> {
    return this.#do(async (e) => contextOf(desk.alertOf(e, id), minutes, everyone))
  }
  invitation(): Promise<Result<string>> {
    return attempt(() => offerFragment(this.#need().profile))
  }
  ownRecord(): Promise<Result<OwnRecord>> {
    return this.#do((e) => ownRecord(e))
  }
  dismissDuty(): Promise<Result<void>> {
    return this.#do((e) => dismissDuty(e))
  }
  changeGroup(change: GroupChange): Promise<Result<string>> {
    return this.#do((e) => people.changeGroup(e, change))
  }
  clearRequests(): Promise<Result<void>> {
    return this.#do((e) => people.clearRequests(e))
  }
}

/**
 * Ready to be asked once it returns; `state().phase` says what is next. With nothing given the
 * world is the browser's.
 */
export async function openCore(environment: Partial<Environment> = {}): Promise<Core> {
  const core = new DeviceCore({ ...browserEnvironment(), ...environment })
  await core.begin()
  return core
}

