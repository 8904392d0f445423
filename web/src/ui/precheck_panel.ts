// What the bot is likely to say, before anything is sent: the words marked, the standard, the advice.
// Nothing here keeps anybody from sending.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { GroupId, Span } from '../core/api.ts'
import { text } from '../text/en.ts'
import { icon } from './icons.ts'
import { markedText, plainText } from './plain.ts'
import { type Checked, type Draft, precheck } from './precheck.ts'
import { View } from './view.ts'

/** So long after the last letter a check begins; who writes without a pause is checked now and then. */
const kPauseMs = 120
const kWithoutPauseMs = 1_000
/** The words around the marked ones, so that they are found again in what was written. */
const kAround = 40
const kExcerptMax = 200

/** The first marked words and those soon after them, with some of what stands around. */
function excerpt(body: string, spans: readonly Span[]): TemplateResult {
  const first = Math.min(...spans.map((span) => span.start))
  const near = spans.filter((span) => span.start < first + kExcerptMax)
  let start = Math.max(0, first - kAround)
  let end = Math.min(body.length, Math.max(...near.map((span) => span.end)) + kAround)
  // No half of a character.
  if (/[\udc00-\udfff]/.test(body.charAt(start))) --start
  if (/[\udc00-\udfff]/.test(body.charAt(end))) ++end
  const marked = near.map((span) => ({ start: span.start - start, end: span.end - start }))
  return html`${start > 0 ? '… ' : ''}${markedText(body.slice(start, end), marked)}${end < body.length ? ' …' : ''}`
}

class PrecheckPanel extends View {
  static override properties = { group: { type: String }, draft: { attribute: false, hasChanged: () => true } }
  declare group: GroupId
  declare draft: Draft
  private shown: { readonly checked: Checked; readonly text: string } | null = null
  private wanted = ''
  private timer = 0
  private last = 0

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    const wanted = [this.group, this.draft.kind, this.draft.about, this.draft.text].join('\n')
    if (wanted === this.wanted) return
    this.wanted = wanted
    clearTimeout(this.timer)
    if (this.draft.text === '') this.shown = null
    else this.timer = window.setTimeout(() => void this.check(wanted), performance.now() - this.last > kWithoutPauseMs ? 0 : kPauseMs)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.timer)
    this.shown = null
    this.wanted = ''
  }

  private async check(wanted: string): Promise<void> {
    const group = this.store.current
    if (group === null || group.id !== this.group) return
    const { draft } = this
    this.last = performance.now()
    const checked = await precheck().check(group, draft)
    // What was written meanwhile is checked in its turn.
    if (wanted !== this.wanted) return
    this.shown = checked === null || !checked.holds ? null : { checked, text: draft.text }
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const findings = this.shown?.checked.findings.filter((one) => one.severity !== 'notice') ?? []
    const first = findings[0]
    const block = findings.some((one) => one.severity === 'block')
    // The sentence stands in the page all along, so that it is read out when it changes.
    return html`<div class="precheck ${first === undefined ? 'quiet-now' : ''}">
      <p class="precheck-lead" role="status">${first === undefined ? nothing : html`${icon('shield')}<b>${block ? text.precheck.block : text.precheck.warn}</b>`}</p>
      ${first === undefined ? this.without() : html`
        <div class="precheck-body" tabindex="0" role="group" aria-label=${text.precheck.why}>
          <blockquote class="yours">${excerpt(this.shown!.text, findings.map((one) => one.span))}</blockquote>
          <p>${plainText(first.message)}${first.advice === '' ? nothing : html` <b>${text.warning.advice}:</b> ${plainText(first.advice)}`}</p>
          <p class="muted">${first.standard === '' ? nothing : html`${text.warning.standard}: ${plainText(first.standard)} · `}${text.precheck.free}</p>
        </div>`}
    </div>`
  }

  private without(): TemplateResult | typeof nothing {
    if (this.draft.text === '' || precheck().without === null) return nothing
    return html`<p class="hint">${text.precheck.without}</p>`
  }
}
customElements.define('c-precheck', PrecheckPanel)
