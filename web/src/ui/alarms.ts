// What this device noticed about the log, the server, or devices in this person's name.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { momentOf } from './format.ts'
import { icon } from './icons.ts'
import { View } from './view.ts'

class Alarms extends View {
  override render(): TemplateResult {
    const alarms = [...this.store.state.alarms].sort((a, b) => b.time - a.time)
    return html`<div class="page">
      <header class="bar"><h1>${text.alarms.title}</h1></header>
      <p class="muted">${text.alarms.lead}</p>
      ${alarms.length === 0 ? html`<p class="empty">${icon('check')} ${text.alarms.none}</p>` : nothing}
      <ul role="list" class="alarms">${alarms.map(
        (alarm) => html`<li class="tile">${icon('warn')}<div class="grow">
          <p>${alarm.message}</p>
          <p class="muted">${momentOf(alarm.time)} · <code>${alarm.code}</code></p></div>
          ${alarm.seen ? nothing : html`<span class="badge danger">${text.alarms.new}</span>`}</li>`,
      )}</ul>
    </div>`
  }

  override disconnectedCallback(): void {
    // Seen once the page is left, so that what is new is marked as such while it is read.
    super.disconnectedCallback()
    if (this.store.state.alarms.some((alarm) => !alarm.seen)) void this.store.core.markAlarmsSeen()
  }
}
customElements.define('c-alarms', Alarms)
