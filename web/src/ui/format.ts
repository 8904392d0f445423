// Times, fingerprints and counts as people read them. The formatters are made once: making one
// costs more than using it a thousand times.
import { text } from '../text/en.ts'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' })
const dayAndYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const count = new Intl.NumberFormat('en-GB')

const kMinuteMs = 60_000
const kDayMs = 86_400_000
/** The end of 9999-12-31. */
const kLastMs = 253_402_300_799_999

/** Nothing throws at a time that no calendar has: one such message would keep all others from being drawn. */
const inCalendar = (ms: number): number => (ms >= 0 ? Math.min(ms, kLastMs) : 0)

export const timeOf = (ms: number): string => clock.format(inCalendar(ms))
export const dateOf = (ms: number): string => dayAndYear.format(inCalendar(ms))
export const momentOf = (ms: number): string => `${shortDay.format(inCalendar(ms))}, ${timeOf(ms)}`
export const numberOf = (n: number): string => count.format(n)
export const isoOf = (ms: number): string => new Date(inCalendar(ms)).toISOString()

/** The same for all times of one day, in local time. */
export function dayKey(ms: number): number {
  const time = inCalendar(ms)
  return Math.floor((time - new Date(time).getTimezoneOffset() * kMinuteMs) / kDayMs)
}

export function dayOf(ms: number, now: number): string {
  if (dayKey(ms) === dayKey(now)) return text.conversation.today
  if (dayKey(ms) === dayKey(now - kDayMs)) return text.conversation.yesterday
  const time = inCalendar(ms)
  const thisYear = new Date(time).getFullYear() === new Date(now).getFullYear()
  return thisYear ? day.format(time) : dateOf(time)
}

/** For a list: the time today, the day before. */
export const shortOf = (ms: number, now: number): string =>
  dayKey(ms) === dayKey(now) ? timeOf(ms) : shortDay.format(inCalendar(ms))

export const daysSince = (ms: number, now: number): number => Math.max(0, Math.floor((now - ms) / kDayMs))

/** Hex in groups of four, so that two people can compare it aloud. */
export const fingerprint = (hex: string): readonly string[] => hex.match(/.{1,4}/g) ?? []

/** A category of the rules, such as discrimination.sex, for reading. */
export const categoryOf = (category: string): string => category.replaceAll('.', ': ').replaceAll(/[_-]/g, ' ')

/** Initials for the round mark of a person or a group. */
export function initials(name: string): string {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, '').split(' ').filter((word) => word !== '')
  const first = words.length > 2 ? words[1] : words[0]
  const last = words.length > 1 ? words[words.length - 1] : undefined
  return ([...(first ?? '?')][0] ?? '?').toUpperCase() + ([...(last ?? '')][0] ?? '').toUpperCase()
}

/** One of eight tints, the same for the same id everywhere. */
export function tint(id: string): number {
  let sum = 0
  for (const unit of id) sum = (sum * 31 + unit.charCodeAt(0)) % 8191
  return sum % 8
}
