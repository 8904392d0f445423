// What was asked of the bot about groups, and what came of it, until the person has seen it.
import { html, nothing, type TemplateResult } from 'lit'
import type { RequestView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { plainName } from './plain.ts'
import { View } from './view.ts'

const kBadge: Readonly<Record<RequestView['state'], string>> = { asked: '', done: 'ok', refused: 'danger' }

class Requests extends View {
  override render(): TemplateResult | typeof nothing {
    const { requests } = this.store.state
    if (requests.length === 0) return nothing
    return html`<section class="requests" aria-label=${text.groups.requests}>
      <ul role="list" aria-live="polite">${requests.map(
        (one) => html`<li><p><b>${text.groups.actions[one.action]}</b> ${plainName(one.name)}
            <span class="badge ${kBadge[one.state]}">${text.groups.requestStates[one.state]}</span></p>
          ${one.failure === null ? nothing : html`<p class="problem">${one.failure.message}</p>`}</li>`,
      )}</ul>
      ${requests.every((one) => one.state === 'asked')
        ? nothing
        : html`<button class="quiet" @click=${() => void this.store.try(this.store.core.clearRequests())}>${text.groups.seen}</button>`}
    </section>`
  }
}
customElements.define('c-requests', Requests)
