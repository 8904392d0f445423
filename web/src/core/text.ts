// What text in notes may look like (identity/note_text.h), lengths and places in text.
import { fromUtf8, utf8 } from './bytes.ts'
import type { Span } from './api.ts'

const control = /[\u0000-\u001f\u007f-\u009f]/
const direction = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const space = /[\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/
const loneSurrogate = /\p{Surrogate}/u

export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text)

/** Valid UTF-8 is given by having been decoded; no control characters but newline. */
export const validNoteText = (text: string): boolean =>
  isWellFormed(text) && !/[\u0000-\u0009\u000b-\u001f]/.test(text)

export const validKeyName = (name: string): boolean =>
  name !== '' &&
  utf8(name).length <= 255 &&
  isWellFormed(name) &&
  !control.test(name) &&
  !direction.test(name) &&
  !space.test(name) &&
  !name.includes('+')

export const validIdentifier = (text: string): boolean => /^[A-Za-z0-9\-_./@:]{1,128}$/.test(text)

export const validLine = (text: string, sizeMax: number): boolean =>
  text !== '' &&
  utf8(text).length <= sizeMax &&
  isWellFormed(text) &&
  !control.test(text) &&
  !direction.test(text) &&
  !/[\u2028\u2029]/.test(text)

/** Without sign or leading zeroes; null otherwise, and beyond 2^53. */
export function parseDecimal(text: string): number | null {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}

const whiteSpace = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/u

/** Code points without leading and trailing white space. */
export function trimmedCodePoints(text: string): number {
  const points = [...text]
  let first = 0
  let last = points.length
  while (first < last && whiteSpace.test(points[first] as string)) ++first
  while (last > first && whiteSpace.test(points[last - 1] as string)) --last
  return last - first
}

/** Nothing that turns text round or steers a terminal, and not only white space. */
export const showsAsWritten = (text: string): boolean =>
  trimmedCodePoints(text) > 0 &&
  !control.test(text) &&
  !direction.test(text) &&
  !/[\u2028\u2029]/.test(text)

/** Byte offsets of UTF-8 as offsets of UTF-16; null unless both lie on borders of characters. */
export function spanInText(text: string, startByte: number, endByte: number): Span | null {
  const bytes = utf8(text)
  if (startByte > endByte || endByte > bytes.length) return null
  const before = fromUtf8(bytes.subarray(0, startByte))
  const marked = fromUtf8(bytes.subarray(startByte, endByte))
  if (before === null || marked === null) return null
  return { start: before.length, end: before.length + marked.length }
}

const titleSizeMax = 3

/** Letters without their marks, small. */
const bare = (text: string): string =>
  text.normalize('NFD').replace(/\p{Mn}/gu, '').toLocaleLowerCase()

/**
 * Whether the text may name the person: their id, or a word of their name that is no short title,
 * is in it. More is taken for a name than by client/messages/person_names.h, never less of what
 * people are called.
 */
export function mayName(text: string, name: string, person: string): boolean {
  const said = bare(text)
  const words = bare(name).split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const long = words.filter((word) => word.length > titleSizeMax)
  return [person.toLocaleLowerCase(), ...(long.length > 0 ? long : words)].some((word) =>
    said.includes(word),
  )
}

export const timeEncode = (ms: number): string => new Date(ms).toISOString()

/** RFC 3339 UTC as in notes; null otherwise. */
export function timeDecode(text: string): number | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z$/.exec(text)
  if (!parts) return null
  const ms = Date.parse(text)
  if (Number.isNaN(ms) || ms < 0) return null
  // 31 February and the like come out as another day.
  return new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19) ? ms : null
}
