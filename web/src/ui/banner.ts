// One line about the connection while there is something to say about it.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { icon } from './icons.ts'
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
    return nothing
  }

  private strip(
    kind: string,
    picture: 'warn' | 'clock' | 'shield',
    line: string,
    extra: TemplateResult | typeof nothing = nothing,
  ): TemplateResult {
    return html`<div class="strip ${kind}">${icon(picture)}<p>${line}</p>${extra}</div>`
  }
}
customElements.define('c-banner', Banner)
