// What the pre-check remembers of a conversation: as the bot does, features of messages (names of
// rules and groups of words, hashed) and never their text. The bot may remember more: reactions, and
// what came before this browser had the lines.
import { hex, sha256, utf8 } from '../core/bytes.ts'
import type { Engine } from './engine.ts'
import type { Judgement, Kind, Past } from './request.ts'

/** policy/conversation.h. */
const kMessagesMax = 64
const kAgeMaxMs = 6 * 3600 * 1000

export interface Line {
  readonly id: string
  readonly sender: string
  readonly time: number
  readonly kind: Kind
  readonly text: string
  /** What it replies to, or ''. */
  readonly about: string
  readonly delivered: boolean
}

/** `text`: the hash of what the features are of, as a line may be edited. */
type Known = Past & { readonly text: string }

export class Memory {
  readonly #engine: Engine
  readonly #numbers = new Map<string, number>()
  readonly #groups = new Map<string, Map<string, Known>>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The newest lines of a group, oldest first: those not known yet are judged, those gone forgotten. */
  take(group: string, groupClass: string, lines: readonly Line[]): void {
    const known = this.#groups.get(group)
    const now = new Map<string, Known>()
    for (const line of lines.slice(-kMessagesMax)) {
      const text = hex(sha256(utf8(line.text)))
      const before = known?.get(line.id)
      const features = before?.text === text ? before.features : this.#judge(line, groupClass, line.time, now).features
      const { time, delivered } = line
      now.set(line.id, { sender: this.#number(line.sender), time, tag: this.#number(line.id), delivered, features, text })
    }
    this.#groups.set(group, now)
  }

  /** What is about to be sent, after what is remembered of its group. */
  judge(group: string, groupClass: string, line: Line): Judgement {
    return this.#judge(line, groupClass, line.time, this.#groups.get(group) ?? new Map())
  }

  #judge(line: Line, groupClass: string, now: number, before: ReadonlyMap<string, Past>): Judgement {
    const past = [...before.values()].filter((one) => one.time + kAgeMaxMs > now)
    const answers = before.get(line.about)?.tag ?? 0
    const talk = { sender: this.#number(line.sender), now, answers, past }
    return this.#engine.judge({ text: line.text, groupClass, kind: line.kind, talk })
  }

  /** The same for the same name; never 0. */
  #number(name: string): number {
    const number = this.#numbers.get(name) ?? this.#numbers.size + 1
    this.#numbers.set(name, number)
    return number
  }
}
