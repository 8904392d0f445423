// What the bot is likely to say, before anything is sent: the words marked, the standard, the advice.
// Nothing here keeps anybody from sending.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { GroupId } from '../core/api.ts'
import { text } from '../text/en.ts'
import { icon } from './icons.ts'
import { markedText, plainText } from './plain.ts'
import { type Checked, type Draft, precheck } from './precheck.ts'
import { View } from './view.ts'

/** So long after the last letter a check begins. */
const kPauseMs = 200

class PrecheckPanel extends View {
  static override properties = { group: { type: String }, draft: { attribute: false, hasChanged: () => true } }
  declare group: GroupId
  declare draft: Draft
  private shown: { readonly checked: Checked; readonly text: string } | null = null
  private wanted = ''
  private timer = 0

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    const wanted = [this.group, this.draft.kind, this.draft.about, this.draft.text].join('\n')
    if (wanted === this.wanted) return
    this.wanted = wanted
    clearTimeout(this.timer)
    if (this.draft.text === '') this.shown = null
    else this.timer = window.setTimeout(() => void this.check(wanted), kPauseMs)
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
    const checked = await precheck().check(group, draft)
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
          <blockquote class="yours">${markedText(this.shown!.text, findings.map((one) => one.span))}</blockquote>
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
