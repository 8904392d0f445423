// What the directory says, checked object by object (client/trust.h): certificates, revocations,
// notices and policy versions under the statement of the pinned root. Taken is not yet acted on:
// what came after the first complete directory takes effect once it is proven to be in the log
// (`markProven`); what takes something away acts at once.
import { fromUtf8, hex, sha256 } from './bytes.ts'
import {
  type Certificate,
  checkValidAt,
  verifyCertificate,
  verifyRevocation,
} from './certificate.ts'
import { type Succession, parseSuccession, verifySuccession } from './checkpoint.ts'
import { CandourError, fault } from './failure.ts'
import { decodeOpening, leafClassDirectory, leafHash } from './merkle.ts'
import { type NoteKey, parseNote, sameKey } from './note.ts'
import { type Notice, verifyNotice, verifyPackNote } from './notice.ts'
import { type Statement, verifyStatement } from './statement.ts'
import { ObjectKind } from './wire/candour_pb.ts'

/** One object of the directory as it was accepted. */
export interface DirectoryEntry {
  readonly number: number
  readonly kind: number
  readonly object: Uint8Array
  readonly leafIndex: number
  readonly opening: Uint8Array
}

interface Certified {
  readonly certificate: Certificate
  readonly number: number
  readonly leaf: string
}

const leafKindOf: Readonly<Record<number, number>> = {
  [ObjectKind.STATEMENT]: 16,
  [ObjectKind.CERTIFICATE]: 17,
  [ObjectKind.REVOCATION]: 18,
  [ObjectKind.POLICY]: 19,
  [ObjectKind.NOTICE]: 20,
  [ObjectKind.NOTICE_ACK]: 21,
  [ObjectKind.SUCCESSION]: 22,
}

export const kindNames: Readonly<Record<number, string>> = {
  [ObjectKind.STATEMENT]: 'statement',
  [ObjectKind.CERTIFICATE]: 'certificate',
  [ObjectKind.REVOCATION]: 'revocation',
  [ObjectKind.POLICY]: 'policy version',
  [ObjectKind.NOTICE]: 'notice',
  [ObjectKind.NOTICE_ACK]: 'notice acknowledgement',
  [ObjectKind.SUCCESSION]: 'succession',
}

/** Certificates are proven when they matter, acknowledgements concern nobody but the relay. */
const mustBeProven = (kind: number): boolean =>
  [
    ObjectKind.STATEMENT,
    ObjectKind.POLICY,
    ObjectKind.NOTICE,
    ObjectKind.REVOCATION,
    ObjectKind.SUCCESSION,
  ].includes(kind)

function textOf(entry: DirectoryEntry): string {
  const text = fromUtf8(entry.object)
  if (text === null) throw fault('note_malformed', 'the note is not valid UTF-8')
  return text
}

/** Not kept: nothing here depends on it. */
export const concernsUs = (kind: number): boolean =>
  kindNames[kind] !== undefined && kind !== ObjectKind.NOTICE_ACK

export class TrustDirectory {
  readonly root: NoteKey
  size = 0
  /** How many objects the first complete directory had; 0 before. */
  first = 0
  /** Grows whenever something that is acted on changed. */
  revision = 0
  statement: Statement | null = null
  newestStatement: Statement | null = null
  firstStatement: Statement | null = null
  succession: Succession | null = null
  successionNote = ''
  /** Leaves of succession and first statement. */
  beginning: string[] = []
  notice: Notice | null = null
  newestNotice = 0
  readonly proven = new Set<number>()
  /** By number: what must be in the log and is not yet proven to be. */
  readonly unproven = new Map<number, { kind: number; leaf: string }>()
  readonly revoked = new Set<string>()
  readonly pendingStatements = new Map<number, Statement>()
  readonly #pendingNotices = new Map<number, Notice>()
  readonly #certificates = new Map<string, Certified>()
  readonly #policies = new Map<string, Set<number>>()

  constructor(root: NoteKey) {
    this.root = root
  }

  /** Accepts the next object; the error names the object and the rule it breaks. */
  async take(entry: DirectoryEntry): Promise<void> {
    const what = `directory object ${entry.number} (${kindNames[entry.kind] ?? 'object'})`
    if (entry.number !== this.size + 1) {
      throw fault('input_invalid', `${what} came where number ${this.size + 1} was due`)
    }
    let leaf = ''
    try {
      leaf = this.#checkOpening(entry)
      await this.#takeObject(entry, leaf)
    } catch (thrown) {
      if (!(thrown instanceof CandourError)) throw thrown
      throw fault(thrown.code, `${what}: ${thrown.message}`)
    }
    this.size = entry.number
    if (this.succession !== null && this.beginning.length < 2) this.beginning.push(leaf)
    if (mustBeProven(entry.kind) && !this.proven.has(entry.number)) {
      this.unproven.set(entry.number, { kind: entry.kind, leaf })
    }
    ++this.revision
  }

  #checkOpening(entry: DirectoryEntry): string {
    const kind = leafKindOf[entry.kind]
    if (kind === undefined) return ''
    const opening = decodeOpening(entry.opening)
    if (opening.kind !== kind || opening.objectHash !== hex(sha256(entry.object))) {
      throw fault('log_inconsistent', 'the opening of its log leaf is of something else')
    }
    return leafHash(opening, leafClassDirectory)
  }

  async #takeObject(entry: DirectoryEntry, leaf: string): Promise<void> {
    switch (entry.kind) {
      case ObjectKind.STATEMENT:
        return this.#takeStatement(entry)
      case ObjectKind.CERTIFICATE:
        return this.#takeCertificate(entry, leaf)
      case ObjectKind.REVOCATION: {
        const revocation = await verifyRevocation(textOf(entry), this.#needStatement())
        this.revoked.add(revocation.device)
        return
      }
      case ObjectKind.POLICY: {
        const digest = await verifyPackNote(textOf(entry), this.#needStatement())
        const numbers = this.#policies.get(digest) ?? new Set()
        this.#policies.set(digest, numbers.add(entry.number))
        return
      }
      case ObjectKind.NOTICE:
        return this.#takeNotice(entry)
      case ObjectKind.SUCCESSION: {
        if (entry.number !== 1) {
          throw fault('statement_invalid', 'a succession can only be the first object of a log')
        }
        // Who signed it is checked with the statement that must come next.
        this.succession = parseSuccession(parseNote(textOf(entry)).text)
        this.successionNote = textOf(entry)
        return
      }
      default:
        // Acknowledgements concern the relay and the bot; kinds of later versions pass unread.
        return
    }
  }

  #needStatement(): Statement {
    if (this.newestStatement !== null) return this.newestStatement
    throw fault(
      'statement_invalid',
      "no organisation statement came before it; the relay's directory must begin with one",
    )
  }

  async #takeStatement(entry: DirectoryEntry): Promise<void> {
    const next = await verifyStatement(textOf(entry), this.root)
    const newest = this.newestStatement
    if (newest !== null) {
      const wrong =
        next.id !== newest.id
          ? `it is of organisation "${next.id}", not "${newest.id}"`
          : next.version <= newest.version
            ? `version ${next.version} is not newer than version ${newest.version}`
            : !sameKey(next.log, newest.log)
              ? 'it names another log; a new log begins with its own directory'
              : null
      if (wrong !== null) throw fault('statement_invalid', wrong)
    } else {
      if (this.succession !== null) await verifySuccession(this.successionNote, next)
      this.firstStatement = next
    }
    this.newestStatement = next
    if (this.statement === null || this.inForce(entry.number)) this.statement = next
    else this.pendingStatements.set(entry.number, next)
  }

  async #takeCertificate(entry: DirectoryEntry, leaf: string): Promise<void> {
    const certificate = await verifyCertificate(textOf(entry), this.#needStatement())
    // Anybody can publish an old certificate once more; only one that begins later takes the place
    // of the one kept.
    const kept = this.#certificates.get(certificate.device)
    if (kept && certificate.notBefore <= kept.certificate.notBefore) return
    this.#certificates.set(certificate.device, { certificate, number: entry.number, leaf })
  }

  async #takeNotice(entry: DirectoryEntry): Promise<void> {
    const notice = await verifyNotice(textOf(entry), this.#needStatement())
    if (notice.version <= this.newestNotice) {
      throw fault(
        'input_invalid',
        `version ${notice.version} is not newer than version ${this.newestNotice}`,
      )
    }
    this.newestNotice = notice.version
    if (this.inForce(entry.number)) this.notice = notice
    else this.#pendingNotices.set(entry.number, notice)
  }

  inForce(number: number): boolean {
    return this.first === 0 || number <= this.first || this.proven.has(number)
  }

  /** Puts into force what waited for it. */
  markProven(number: number): void {
    this.proven.add(number)
    this.unproven.delete(number)
    ++this.revision
    const statement = this.pendingStatements.get(number)
    if (statement !== undefined) {
      this.pendingStatements.delete(number)
      if (statement.version > (this.statement?.version ?? 0)) this.statement = statement
    }
    const notice = this.#pendingNotices.get(number)
    if (notice !== undefined) {
      this.#pendingNotices.delete(number)
      if (notice.version > (this.notice?.version ?? 0)) this.notice = notice
    }
  }

  /** Whether something newer waits for its proof to take effect. */
  get pending(): boolean {
    return this.pendingStatements.size > 0 || this.#pendingNotices.size > 0
  }

  /** By the statement in force and by the newest one. */
  listsBot(device: string): boolean {
    const lists = (statement: Statement | null) => statement?.bots.includes(device) ?? false
    return lists(this.statement) && lists(this.newestStatement)
  }

  /** The certificate whatever its state, or null. */
  find(device: string): Certificate | null {
    return this.#certificates.get(device)?.certificate ?? null
  }
  certificates(): readonly Certificate[] {
    return [...this.#certificates.values()].map((one) => one.certificate)
  }
  /** Number and leaf of the certificate kept. */
  place(device: string): { number: number; leaf: string } {
    const found = this.#certificates.get(device)
    if (found !== undefined) return found
    throw fault('unknown_device', `device ${device} has no certificate in the directory`)
  }
  isProven(device: string): boolean {
    const found = this.#certificates.get(device)
    return found !== undefined && this.proven.has(found.number)
  }
  /** The certificate of a device that may be relied on now. */
  device(device: string, now: number): Certificate {
    const certificate = this.find(device)
    if (certificate === null) {
      throw fault('unknown_device', `device ${device} has no certificate in the directory`)
    }
    if (this.revoked.has(device)) {
      throw fault('device_revoked', `device ${device} was revoked`)
    }
    checkValidAt(certificate, now)
    return certificate
  }
  /** The bot to seal mail to. */
  bot(now: number): Certificate {
    for (const listed of this.statement?.bots ?? []) {
      const certificate = this.find(listed)
      if (!this.listsBot(listed) || certificate === null || this.revoked.has(listed)) continue
      if (now >= certificate.notBefore && now <= certificate.notAfter) return certificate
    }
    throw fault(
      'bot_absent',
      'no compliance bot of the organisation statement has a valid certificate yet',
    )
  }

  knowsPolicy(digest: string): boolean {
    return this.#policies.has(digest)
  }
  policyInForce(digest: string): boolean {
    return [...(this.#policies.get(digest) ?? [])].some((number) => this.inForce(number))
  }
  /**
   * The version in force that was logged last; null when there is none yet. Each counts from when
   * it was first logged: a relay that logs an old note once more brings no old rules back.
   */
  newestPolicy(): string | null {
    let newest: { readonly digest: string; readonly first: number } | null = null
    for (const [digest, numbers] of this.#policies) {
      const first = Math.min(...[...numbers].filter((number) => this.inForce(number)))
      if (Number.isFinite(first) && first > (newest?.first ?? -1)) newest = { digest, first }
    }
    return newest?.digest ?? null
  }
}
