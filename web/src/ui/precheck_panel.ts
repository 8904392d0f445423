// What the bot is likely to say, before anything is sent: the words marked, the standard, the advice.
// Nothing here keeps anybody from sending.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { FindingView, GroupId } from '../core/api.ts'
import { excerptOf } from '../precheck/excerpt.ts'
import { text } from '../text/en.ts'
import { icon } from './icons.ts'
import { markedText, plainText } from './plain.ts'
import { type Checked, type Draft, precheck } from './precheck.ts'
import { View } from './view.ts'

/** So long after the last letter a check begins; who writes without a pause is checked now and then. */
const kPauseMs = 120
const kWithoutPauseMs = 1_000

/** The words the advice is about, with some of what stands around. */
function excerpt(body: string, findings: readonly [FindingView, ...FindingView[]]): TemplateResult {
  const { start, end, marks } = excerptOf(body, findings)
  return html`${start > 0 ? '… ' : ''}${markedText(body.slice(start, end), marks)}${end < body.length ? ' …' : ''}`
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
    const [first, ...others] = findings
    const block = findings.some((one) => one.severity === 'block')
    // The sentence stands in the page all along, so that it is read out when it changes.
    return html`<div class="precheck ${first === undefined ? 'quiet-now' : ''}">
      <p class="precheck-lead" role="status">${first === undefined ? nothing : html`${icon('shield')}<b>${block ? text.precheck.block : text.precheck.warn}</b>`}</p>
      ${first === undefined ? this.without() : html`
        <div class="precheck-body" tabindex="0" role="group" aria-label=${text.precheck.why}>
          <blockquote class="yours">${excerpt(this.shown!.text, [first, ...others])}</blockquote>
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
