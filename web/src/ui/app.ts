// The whole page: which screen it is by the core's phase, and the frame around the screens.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { icon, type IconName } from './icons.ts'
import type { View as Screen } from './store.ts'
import { plainName } from './plain.ts'
import { View } from './view.ts'
import './alarms.ts'
import './banner.ts'
import './conversation.ts'
import './desk.ts'
import './enrol.ts'
import './group_list.ts'
import './notice.ts'
import './search.ts'
import './settings.ts'
import './unlock.ts'

class App extends View {
  override render(): TemplateResult {
    return html`
      <div class="spoken" role="status" aria-live="polite">${this.store.spoken}</div>
      ${this.screen()}
    `
  }

  private screen(): TemplateResult {
    const { phase, phaseFailure } = this.store.state
    switch (phase) {
      case 'elsewhere':
        return this.card(text.phases.elsewhere, text.phases.elsewhereMore)
      case 'unsupported':
        return this.card(text.phases.unsupported, phaseFailure?.message ?? '')
      case 'failed':
        return html`${this.card(text.phases.failed, phaseFailure?.message ?? '', this.afterFailure())}`
      case 'empty':
      case 'requested':
        return html`<main class="entry"><c-enrol></c-enrol></main>`
      case 'locked':
        return html`<main class="entry"><c-unlock></c-unlock></main>`
      case 'ready':
        return this.frame()
    }
  }

  private card(title: string, more: string, extra: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<main class="entry">
      <section class="card"><div class="brand">${icon('shield')}<span>${text.app}</span></div>
        <h1>${title}</h1><p>${more}</p>${extra}</section>
    </main>`
  }

  private frame(): TemplateResult {
    const { view, pane, state } = this.store
    const notice = state.notice
    return html`
      <a class="skip" href="#messages" @click=${(e: Event) => this.skip(e, '#messages')}>${text.skipToMessages}</a>
      <a class="skip" href="#composer" @click=${(e: Event) => this.skip(e, '#composer')}>${text.skipToComposer}</a>
      <div class="frame" data-pane=${pane} data-view=${view}>
        ${this.navigation()}
        <div class="body">
          <c-banner></c-banner>
          ${this.problem()}
          ${notice !== null && !notice.acknowledged ? html`<c-notice></c-notice>` : nothing}
          ${this.content(view)}
        </div>
      </div>
    `
  }

  // What is on the disk is whole up to the last transaction: beginning anew is the first thing to try.
  private afterFailure(): TemplateResult {
    return html`<p>${text.phases.failedMore}</p>
      <div class="row">
        <button class="primary" @click=${() => location.reload()}>${text.phases.reload}</button>
        <span class="grow"></span><c-forget></c-forget>
      </div>`
  }

  // The address keeps nothing of where somebody is.
  private skip(event: Event, target: string): void {
    event.preventDefault()
    this.find<HTMLElement>(target)?.focus()
  }

  private problem(): TemplateResult | typeof nothing {
    const failure = this.store.failure
    if (failure === null) return nothing
    const close = (): void => {
      this.store.failure = null
      this.store.changed()
    }
    return html`<div class="strip danger" role="alert">
      <p>${failure.message}</p>
      <button class="quiet" aria-label=${text.close} @click=${close}>${icon('close')}</button>
    </div>`
  }

  private content(view: Screen): TemplateResult {
    switch (view) {
      case 'chats':
        return html`<div class="two">
          <c-group-list class="list"></c-group-list>
          <main class="main"><c-conversation></c-conversation></main>
        </div>`
      case 'desk':
        return html`<main class="alone"><c-desk></c-desk></main>`
      case 'search':
        return html`<main class="alone"><c-search></c-search></main>`
      case 'alarms':
        return html`<main class="alone"><c-alarms></c-alarms></main>`
      case 'settings':
        return html`<main class="alone"><c-settings></c-settings></main>`
    }
  }

  private navigation(): TemplateResult {
    const { state } = this.store
    const unread = state.groups.reduce((sum, group) => sum + group.unread, 0)
    const openAlerts = state.alerts.filter((alert) => alert.state === 'open').length
    const alarms = state.alarms.filter((alarm) => !alarm.seen).length
    const supervisor = state.device?.role === 'supervisor' || state.alerts.length > 0
    return html`<nav class="nav" aria-label=${text.nav.label}>
      <div class="brand" title=${state.organisation?.name ?? ''}>${icon('shield')}<span>${text.app}</span></div>
      ${this.tab('chats', 'chats', unread, text.nav.unread(unread))}
      ${supervisor ? this.tab('desk', 'desk', openAlerts, text.nav.open(openAlerts)) : nothing}
      ${this.tab('search', 'search', 0, '')}
      ${this.tab('alarms', 'alarms', alarms, text.nav.open(alarms))}
      ${this.tab('settings', 'settings', 0, '')}
      <span class="grow"></span>
      <div class="me">${state.device === null ? nothing : plainName(state.device.name)}</div>
      <button class="tab" @click=${() => void this.store.core.lock()}>${icon('lock')}<span>${text.unlock.lock}</span></button>
    </nav>`
  }

  private tab(view: Screen, picture: IconName, count: number, label: string): TemplateResult {
    return html`<button class="tab" aria-current=${this.store.view === view ? 'page' : nothing}
        @click=${() => this.store.go(view)}>
      ${icon(picture)}<span>${text.nav[view]}</span>
      ${count === 0 ? nothing : html`<b class="count" aria-label=${label}>${count}</b>`}
    </button>`
  }
}
customElements.define('c-app', App)
