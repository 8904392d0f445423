// Search in what this device holds.
import { html, nothing, type TemplateResult } from 'lit'
import type { MessageView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { momentOf } from './format.ts'
import { mark } from './group_list.ts'
import { markedText, plainName } from './plain.ts'
import { View } from './view.ts'

const kLimit = 100
const kPauseMs = 150

class Search extends View {
  private found: readonly MessageView[] | null = null
  private wanted = ''
  private timer = 0

  override render(): TemplateResult {
    return html`<div class="page">
      <header class="bar"><h1>${text.search.title}</h1></header>
      <label for="search">${text.search.label}</label>
      <input id="search" type="search" autocomplete="off" aria-describedby="search-hint" @input=${this.typed} />
      <p class="hint" id="search-hint">${text.search.hint}</p>
      <p class="muted" role="status">${this.found === null ? nothing : this.found.length === 0 ? text.search.none : text.search.count(this.found.length)}</p>
      <ul role="list" class="results">${(this.found ?? []).map((message) => html`<li>${this.row(message)}</li>`)}</ul>
    </div>`
  }

  override firstUpdated(): void {
    this.find<HTMLInputElement>('#search')?.focus()
  }

  private row(message: MessageView): TemplateResult {
    const group = this.store.state.groups.find((one) => one.id === message.group)
    const at = message.text.toLowerCase().indexOf(this.wanted.toLowerCase())
    const spans = at < 0 ? [] : [{ start: at, end: at + this.wanted.length }]
    return html`<button class="tile result" @click=${() => void this.store.open(message.group, message.id)}>
      ${mark(message.name, message.person)}
      <span class="grow"><span class="muted">${message.own ? text.groups.you : plainName(message.name)} ${text.search.in('')}${plainName(group?.name ?? '')} · ${momentOf(message.time)}</span>
        <span class="found">${markedText(message.text, spans)}</span></span>
    </button>`
  }

  private typed(event: Event): void {
    this.wanted = (event.target as HTMLInputElement).value.trim()
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => void this.look(), kPauseMs)
  }

  private async look(): Promise<void> {
    const wanted = this.wanted
    if (wanted === '') {
      this.found = null
      return this.requestUpdate()
    }
    const found = await this.store.try(this.store.core.search(wanted, { limit: kLimit }))
    if (found !== undefined && wanted === this.wanted) this.found = found
    this.requestUpdate()
  }
}
customElements.define('c-search', Search)
