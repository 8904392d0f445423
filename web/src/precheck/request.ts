// What the engine is asked and answers, as bytes: policy/browser/request.h.
import type { FindingView } from '../core/api.ts'
import { utf8 } from '../core/bytes.ts'
import { Reader, Writer } from '../core/codec.ts'
import { spanInText } from '../core/text.ts'

/** Numbered as ContentKind in policy/rule.h. */
export type Kind = 'text' | 'reply' | 'edit' | 'reaction' | 'poll' | 'file_name'
const kKinds: readonly Kind[] = ['text', 'reply', 'edit', 'reaction', 'poll', 'file_name']
const kSeverities = ['notice', 'warn', 'block'] as const
const kVerdicts = ['release', 'warn', 'block'] as const

/** What is remembered of a message: features (names of the pack, hashed), never text. */
export interface Past {
  readonly sender: number
  readonly time: number
  /** Not 0. */
  readonly tag: number
  readonly delivered: boolean
  readonly features: Uint8Array
}

export interface Talk {
  readonly sender: number
  readonly now: number
  /** The tag of what it replies or reacts to; 0: nothing. */
  readonly answers: number
  /** Oldest first. */
  readonly past: readonly Past[]
}

export interface Question {
  readonly text: string
  readonly groupClass: string
  readonly kind: Kind
  readonly talk: Talk | null
}

export interface PrecheckFinding extends FindingView {
  readonly ofConversation: boolean
}

export interface Judgement {
  readonly verdict: (typeof kVerdicts)[number]
  /** Gravest first. */
  readonly findings: readonly PrecheckFinding[]
  /** What to remember of this message; empty without a talk. */
  readonly features: Uint8Array
}

export function writeRequest({ text, groupClass, kind, talk }: Question): Uint8Array {
  const out = new Writer().u8(1).vec(groupClass).u8(kKinds.indexOf(kind)).u8(talk === null ? 0 : 1)
  if (talk !== null) {
    // No salt: whether somebody tries one draft after another is for the bot to see.
    out.u64(talk.sender).u64(talk.now).u64(talk.answers).vec('').u16(talk.past.length)
    for (const one of talk.past) {
      out.u64(one.sender).u64(one.time).u64(one.tag).u8(one.delivered ? 1 : 0).vec(one.features)
    }
  }
  return out.vec(utf8(text)).take()
}

/** Of a judgement of `text`. */
export function readAnswer(bytes: Uint8Array, text: string): Judgement {
  const r = new Reader(bytes)
  const version = r.u8()
  const verdict = kVerdicts[r.u8()]
  r.u8()
  const count = r.u8()
  const findings: PrecheckFinding[] = []
  for (let i = 0; i < count && r.ok; ++i) {
    const [rule, category, severity] = [r.text(), r.text(), kSeverities[r.u8()]]
    const span = spanInText(text, r.u32(), r.u32())
    const [standard, message, advice, of] = [r.text(), r.text(), r.text(), r.u8()]
    if (severity === undefined || span === null) r.fail()
    else findings.push({ rule, category, severity, span, standard, message, advice, ofConversation: of === 1 })
  }
  const features = r.vec()
  if (!r.finish() || version !== 1 || verdict === undefined) {
    throw new Error("the policy engine's answer is malformed")
  }
  return { verdict, findings, features }
}
