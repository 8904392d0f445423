// The supervisor's desk: alerts, what is overdue first.
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { AlertView } from '../core/api.ts'
import { text } from '../text/en.ts'
import './alert_detail.ts'
import { categoryOf, shortOf } from './format.ts'
import { plainName } from './plain.ts'
import { View } from './view.ts'

type Filter = keyof typeof text.desk.filters

/** Nobody did in time what the rules ask for: it was passed on, or came back. */
export const overdue = (alert: AlertView): boolean =>
  alert.state !== 'closed' && alert.steps.some((step) => step.action === 'overdue' || step.action === 'returned')

function urgency(alert: AlertView): number {
  if (alert.state === 'closed') return 4
  if (overdue(alert)) return 0
  if (alert.serious && alert.state === 'open') return 1
  return alert.state === 'open' ? 2 : 3
}

class Desk extends View {
  private filter: Filter = 'open'
  private wanted = ''

  override render(): TemplateResult {
    const alerts = this.store.state.alerts
    const chosen = alerts.find((alert) => alert.id === this.store.alert) ?? null
    const shown = alerts.filter((alert) => this.passes(alert)).sort((a, b) => urgency(a) - urgency(b) || b.time - a.time)
    return html`<div class="two">
      <section class="list" aria-label=${text.desk.title}>
        <header class="bar"><h1>${text.desk.title}</h1><span class="muted" role="status">${text.desk.count(shown.length)}</span></header>
        <div class="filters" role="group" aria-label=${text.desk.filter}>
          ${(Object.keys(text.desk.filters) as Filter[]).map(
            (filter) => html`<button aria-pressed=${filter === this.filter} @click=${() => this.set(filter)}>${text.desk.filters[filter]}</button>`,
          )}
        </div>
        <input class="find" type="search" aria-label=${text.desk.search} placeholder=${text.desk.search} @input=${this.typed} />
        ${shown.length === 0 ? html`<p class="empty">${text.desk.none}</p>` : nothing}
        <ul role="list" class="groups">${repeat(shown, (alert) => alert.id, (alert) => html`<li>${this.row(alert)}</li>`)}</ul>
      </section>
      <section class="main" aria-label=${text.desk.choose}>
        ${chosen === null ? html`<div class="blank"><h2>${text.desk.choose}</h2></div>` : html`<c-alert .alert=${chosen}></c-alert>`}
      </section>
    </div>`
  }

  private passes(alert: AlertView): boolean {
    const mine = alert.steps.some((step) => step.person === this.store.state.device?.person)
    const kept =
      this.filter === 'all' ||
      (this.filter === 'closed' ? alert.state === 'closed' : alert.state !== 'closed' && (this.filter === 'open' || mine))
    if (!kept || this.wanted === '') return kept
    return [alert.groupName, alert.subject.name, alert.category, alert.rule, alert.excerpt].some((field) => field.toLowerCase().includes(this.wanted))
  }

  private row(alert: AlertView): TemplateResult {
    const who = alert.subject.name === '' ? alert.subject.pseudonym : alert.subject.name
    return html`<button class="alert-row ${alert.severity}" aria-current=${alert.id === this.store.alert ? 'true' : nothing}
        @click=${() => this.open(alert)}>
      <span class="alert-top"><b>${categoryOf(alert.category)}</b>
        ${overdue(alert) ? html`<span class="badge danger">${text.desk.overdue}</span>` : nothing}
        ${alert.serious ? html`<span class="badge warn">${text.desk.serious}</span>` : nothing}
        <span class="grow"></span><span class="muted">${shortOf(alert.time, Date.now())}</span></span>
      <span class="alert-more">${plainName(who)} ${text.desk.in(alert.groupName)}</span>
      <span class="badge ${alert.state}">${text.desk.states[alert.state]}</span>
    </button>`
  }

  private open(alert: AlertView): void {
    this.store.alert = alert.id
    this.store.show('main')
  }
  private set(filter: Filter): void {
    this.filter = filter
    this.requestUpdate()
  }
  private typed(event: Event): void {
    this.wanted = (event.target as HTMLInputElement).value.trim().toLowerCase()
    this.requestUpdate()
  }
}
customElements.define('c-desk', Desk)
