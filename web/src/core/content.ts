// What travels inside the encryption of a group (client/messages/content.h).
import { Reader, Writer } from './codec.ts'
import { type Bytes, hex, hmacSha256, utf8 } from './bytes.ts'
import { fault } from './failure.ts'
import { contentSizeMax, timeMax } from './limits.ts'
import { isWellFormed, showsAsWritten } from './text.ts'

export type Content =
  | {
      readonly type: 'text'
      readonly text: string
      readonly replyTo: string | null
      readonly mentions: readonly string[]
    }
  | { readonly type: 'reaction'; readonly about: string; readonly emoji: string }
  | { readonly type: 'edit'; readonly about: string; readonly text: string }
  | { readonly type: 'deletion'; readonly about: string }
  | { readonly type: 'poll'; readonly question: string; readonly options: readonly string[] }
  | { readonly type: 'vote'; readonly about: string; readonly option: number }

const mentionsMax = 64
const optionsMax = 20
const optionSizeMax = 512

const bad = (what: string) =>
  fault('input_invalid', `the content of the message is malformed: ${what}`)

export function encodeContent(content: Content): Bytes {
  const w = new Writer().u8(1)
  const counted = (items: readonly string[]) => {
    if (items.length > 255) throw bad('more than 255 items')
    w.u8(items.length)
    for (const item of items) w.vec(item)
  }
  switch (content.type) {
    case 'text':
      w.u8(1).vec(content.text)
      if (content.replyTo === null) w.vec('')
      else w.u8(16).id(content.replyTo)
      counted(content.mentions)
      break
    case 'reaction':
      w.u8(2).id(content.about).vec(content.emoji)
      break
    case 'edit':
      w.u8(3).id(content.about).vec(content.text)
      break
    case 'deletion':
      w.u8(4).id(content.about)
      break
    case 'poll':
      w.u8(5).vec(content.question)
      counted(content.options)
      break
    case 'vote':
      w.u8(6).id(content.about).u8(content.option)
      break
  }
  return w.take()
}

function readText(r: Reader, sizeMax: number, field: string): string {
  const before = r.ok
  const text = r.text(sizeMax)
  if (before && !r.ok) throw bad(`${field} is cut off, not UTF-8 or over ${sizeMax} bytes`)
  if (r.ok && text === '') throw bad(`${field} is empty`)
  return text
}

function readList(r: Reader, sizeMax: number, field: string): readonly string[] {
  const count = r.u8()
  const items: string[] = []
  for (let i = 0; i < count && r.ok; ++i) items.push(readText(r, sizeMax, field))
  return items
}

function decodeBody(type: number, r: Reader): Content {
  switch (type) {
    case 1: {
      const text = readText(r, contentSizeMax, 'text')
      const replyTo = r.vec(16)
      if (replyTo.length !== 0 && replyTo.length !== 16) throw bad("'reply to' is not 16 bytes")
      const mentions = readList(r, 64, 'a mention')
      return { type: 'text', text, replyTo: replyTo.length ? hex(replyTo) : null, mentions }
    }
    case 2:
      return { type: 'reaction', about: r.id(16), emoji: readText(r, 64, 'emoji') }
    case 3:
      return { type: 'edit', about: r.id(16), text: readText(r, contentSizeMax, 'text') }
    case 4:
      return { type: 'deletion', about: r.id(16) }
    case 5: {
      const question = readText(r, contentSizeMax, 'question')
      const options = readList(r, contentSizeMax, 'an option of the poll')
      if (r.ok && options.length < 2) throw bad('a poll needs two options')
      return { type: 'poll', question, options }
    }
    case 6:
      return { type: 'vote', about: r.id(16), option: r.u8() }
    case 7:
      throw fault('input_invalid', 'attachments are not supported in this version')
    default:
      throw bad(`unknown type ${type}`)
  }
}

export function decodeContent(bytes: Uint8Array): Content {
  if (bytes.length > contentSizeMax) throw bad(`longer than ${contentSizeMax} bytes`)
  const r = new Reader(bytes)
  if (r.u8() !== 1) throw bad('not version 1')
  const content = decodeBody(r.u8(), r)
  if (!r.finish()) throw bad('cut off, or followed by more bytes')
  return content
}

/** What the bot would refuse: parts that mislead, or are too many. */
function checkParts(content: Content): void {
  if (content.type === 'text' && content.mentions.length > mentionsMax) {
    throw bad(`more than ${mentionsMax} mentions`)
  }
  if (content.type === 'reaction' && !showsAsWritten(content.emoji)) {
    throw bad('the emoji has control characters or nothing to see')
  }
  if (content.type !== 'poll') return
  const { options } = content
  if (options.length > optionsMax) throw bad(`a poll has at most ${optionsMax} options`)
  if (new Set(options).size !== options.length) throw bad('two options are alike')
  for (const option of options) {
    if (textSize(option) > optionSizeMax) throw bad(`an option is over ${optionSizeMax} bytes`)
    if (!showsAsWritten(option)) throw bad('an option has control characters or nothing to see')
  }
}

/** Encodes what a person is about to send, after asking what receivers will ask. */
export function encodeChecked(content: Content): Bytes {
  const texts =
    content.type === 'poll'
      ? [content.question, ...content.options]
      : [content.type === 'reaction' ? content.emoji : 'text' in content ? content.text : '']
  if (!texts.every(isWellFormed)) throw bad('it holds half a character (a lone surrogate)')
  checkParts(content)
  const bytes = encodeContent(content)
  decodeContent(bytes)
  return bytes
}

/** What the policy engine reads: text, then poll options; spans of findings refer to it. */
export function checkable(content: Content): string {
  switch (content.type) {
    case 'poll':
      return [content.question, ...content.options].join('\n')
    case 'reaction':
      return content.emoji
    case 'text':
    case 'edit':
      return content.text
    default:
      return ''
  }
}

export interface Inner {
  readonly content: Bytes
  readonly counter: number
  readonly time: number
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: string }
  readonly commitmentKey: Bytes
}

export const encodeInner = (inner: Inner): Bytes =>
  new Writer()
    .u8(1)
    .vec(inner.content)
    .u64(inner.counter)
    .u64(inner.time)
    .vec(inner.checkpoint.origin)
    .u64(inner.checkpoint.size)
    .id(inner.checkpoint.root)
    .raw(inner.commitmentKey)
    .take()

export function decodeInner(bytes: Uint8Array): Inner {
  const r = new Reader(bytes)
  const version = r.u8()
  const inner = {
    content: r.vec(contentSizeMax),
    counter: r.u64(),
    time: r.u64(),
    checkpoint: { origin: r.text(255), size: r.u64(), root: r.id(32) },
    commitmentKey: r.raw(32),
  }
  if (version !== 1 || !r.finish() || inner.time > timeMax) {
    throw fault('input_invalid', 'the inside of the message is malformed or over limits')
  }
  return inner
}

export const commitment = (key: Uint8Array, content: Uint8Array): string =>
  hex(hmacSha256(key, content))

export const textSize = (text: string): number => utf8(text).length
