// Text of people as text nodes, isolated from the direction of what stands around it, with what
// cannot be seen made visible. Nothing here makes markup from a string.
import { html, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import type { Span } from '../core/api.ts'

// In names every control, format and filler character is a trick.
const kOddInNames = /[\p{Cc}\p{Cf}\u115F\u1160\u2800\u3164\uFFA0]/u
// In messages the joiners of emoji and of several scripts are not.
const kOddInText = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/u

type Piece = string | TemplateResult

const mark = (odd: string): TemplateResult => {
  const code = odd.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  return html`<span class="odd" title=${text.oddCharacter(code)}>U+${code}</span>`
}

function visible(body: string, odd: RegExp): readonly Piece[] {
  if (!odd.test(body)) return [body]
  const out: Piece[] = []
  let run = ''
  for (const character of body) {
    if (!odd.test(character)) {
      run += character
      continue
    }
    if (run !== '') out.push(run)
    run = ''
    out.push(mark(character))
  }
  if (run !== '') out.push(run)
  return out
}

/** A name of a person or a group. */
export const plainName = (name: string): TemplateResult => html`<bdi>${visible(name, kOddInNames)}</bdi>`

/** A name where only a plain string goes (labels, notifications): without what cannot be seen. */
export const bareName = (name: string): string => [...name].filter((one) => !kOddInNames.test(one)).join('')

/** What somebody wrote. */
export const plainText = (body: string): TemplateResult =>
  html`<span class="said" dir="auto">${visible(body, kOddInText)}</span>`

/** The same, with the names of those mentioned set apart. */
export function mentioningText(body: string, names: readonly string[]): TemplateResult {
  const wanted = names.filter((name) => name !== '' && body.includes('@' + name))
  if (wanted.length === 0) return plainText(body)
  const out: Piece[] = []
  let rest = body
  for (;;) {
    let at = -1
    let found = ''
    for (const name of wanted) {
      const here = rest.indexOf('@' + name)
      if (here >= 0 && (at < 0 || here < at || (here === at && name.length > found.length))) {
        at = here
        found = name
      }
    }
    if (at < 0) break
    out.push(...visible(rest.slice(0, at), kOddInText))
    out.push(html`<b class="mention">@${visible(found, kOddInNames)}</b>`)
    rest = rest.slice(at + 1 + found.length)
  }
  out.push(...visible(rest, kOddInText))
  return html`<span class="said" dir="auto">${out}</span>`
}

/** Text with spans marked; overlapping spans are joined, spans beyond the end are cut. */
export function markedText(body: string, spans: readonly Span[]): TemplateResult {
  const sorted = [...spans].sort((a, b) => a.start - b.start)
  const out: Piece[] = []
  let at = 0
  for (let i = 0; i < sorted.length; ++i) {
    const start = Math.max(at, Math.min(sorted[i]!.start, body.length))
    let end = Math.min(sorted[i]!.end, body.length)
    while (i + 1 < sorted.length && sorted[i + 1]!.start <= end) {
      end = Math.max(end, Math.min(sorted[++i]!.end, body.length))
    }
    if (end <= start) continue
    out.push(...visible(body.slice(at, start), kOddInText))
    out.push(html`<mark>${visible(body.slice(start, end), kOddInText)}</mark>`)
    at = end
  }
  out.push(...visible(body.slice(at), kOddInText))
  return html`<span class="said" dir="auto">${out}</span>`
}
