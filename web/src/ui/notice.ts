// The monitoring notice: nobody writes before having acknowledged it.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { dateOf } from './format.ts'
import { plainText } from './plain.ts'
import { View } from './view.ts'

class Notice extends View {
  static override properties = { readonly: { type: Boolean } }
  declare readonly: boolean
  private busy = false

  constructor() {
    super()
    this.readonly = false
  }

  override render(): TemplateResult | typeof nothing {
    const notice = this.store.state.notice
    if (notice === null) return nothing
    return html`<section class="monitoring" aria-labelledby="notice-title">
      ${this.readonly ? nothing : html`<h2 id="notice-title">${text.notice.title}</h2>`}
      <div class="notice-text" tabindex="0" role="group" aria-label=${text.notice.version(notice.version)}>
        ${notice.lines.map((line) => (line === '' ? nothing : html`<p>${plainText(line)}</p>`))}
      </div>
      <p class="muted">${text.notice.version(notice.version)} · ${dateOf(notice.issued)}</p>
      ${this.readonly
        ? nothing
        : html`<div class="row">
            <button class="primary" ?disabled=${this.busy} @click=${this.acknowledge}>${text.notice.acknowledge}</button>
            <p class="muted">${text.notice.logged}</p>
          </div>`}
    </section>`
  }

  private async acknowledge(): Promise<void> {
    this.busy = true
    this.requestUpdate()
    const done = await this.store.try(this.store.core.acknowledgeNotice())
    this.busy = false
    if (done !== undefined || this.store.failure === null) this.store.say(text.notice.done)
  }
}
customElements.define('c-notice', Notice)
