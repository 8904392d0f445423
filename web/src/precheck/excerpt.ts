// Which words advice is shown with: those of the gravest finding, whose advice it is.
import type { FindingView, Span } from '../core/api.ts'

/** The words around the marked ones, so that they are found again in what was written. */
const kAround = 40
const kNear = 200

export interface Excerpt extends Span {
  /** In the excerpt. */
  readonly marks: readonly Span[]
}

/** `findings` gravest first; marked is what says the same, near the first. */
export function excerptOf(body: string, findings: readonly [FindingView, ...FindingView[]]): Excerpt {
  const [first] = findings
  const near = findings
    .filter(({ standard, message, advice }) => standard === first.standard && message === first.message && advice === first.advice)
    .map(({ span }) => span)
    .filter((span) => Math.abs(span.start - first.span.start) < kNear)
  let start = Math.max(0, Math.min(...near.map((span) => span.start)) - kAround)
  let end = Math.min(body.length, Math.max(...near.map((span) => span.end)) + kAround)
  // No half of a character.
  if (/[\udc00-\udfff]/.test(body.charAt(start))) --start
  if (/[\udc00-\udfff]/.test(body.charAt(end))) ++end
  return { start, end, marks: near.map((span) => ({ start: span.start - start, end: span.end - start })) }
}
