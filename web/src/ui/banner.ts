// One line about the connection while there is something to say about it; else, once in a while, the
// duty to report.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { icon, type IconName } from './icons.ts'
import { View } from './view.ts'

class Banner extends View {
  override render(): TemplateResult {
    return html`<div class="banner" role="status">${this.line()}</div>`
  }

  private line(): TemplateResult | typeof nothing {
    const { connection, organisation } = this.store.state
    const retry = html`<button class="quiet" @click=${() => void this.store.core.goOnline()}>${text.connection.retry}</button>`
    if (connection.state === 'refused') {
      return this.strip('danger', 'warn', `${text.connection.refused} ${connection.failure?.message ?? ''}`, retry)
    }
    if (connection.state === 'offline') return this.strip('calm', 'clock', text.connection.offline, retry)
    if (connection.state === 'connecting') return this.strip('calm', 'clock', text.connection.connecting)
    if (connection.state === 'catching-up') return this.strip('calm', 'clock', text.connection.catchingUp)
    if (!connection.botPresent) return this.strip('waiting', 'shield', text.connection.botAway)
    if (organisation !== null && organisation.checkpointSize > 0 && !organisation.witnessed) {
      return this.strip('calm', 'warn', text.connection.unwitnessed)
    }
    if (this.store.state.dutySince !== null) {
      const read = html`<button class="quiet" @click=${() => void this.store.try(this.store.core.dismissDuty())}>${text.connection.dutyRead}</button>`
      return this.strip('calm', 'voice', text.connection.duty, read)
    }
    return nothing
  }

  private strip(
    kind: string,
    picture: IconName,
    line: string,
    extra: TemplateResult | typeof nothing = nothing,
  ): TemplateResult {
    return html`<div class="strip ${kind}">${icon(picture)}<p>${line}</p>${extra}</div>`
  }
}
customElements.define('c-banner', Banner)
