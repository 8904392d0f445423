// The groups, newest first, with what is unread.
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { GroupView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openNewGroup } from './group_change.ts'
import './requests.ts'
import { initials, shortOf, tint } from './format.ts'
import { icon } from './icons.ts'
import { plainName, plainText } from './plain.ts'
import { View } from './view.ts'

export const mark = (name: string, id: string): TemplateResult =>
  html`<span class="mark" data-tint=${tint(id)} aria-hidden="true">${initials(name)}</span>`

class GroupList extends View {
  override render(): TemplateResult {
    const { groups, organisation } = this.store.state
    const sorted = [...groups].sort((a, b) => (b.last?.time ?? b.joined) - (a.last?.time ?? a.joined))
    return html`<header class="bar"><h1>${text.groups.title}</h1><span class="grow"></span>
        <button class="quiet" aria-label=${text.groups.start} title=${text.groups.start} @click=${() => openNewGroup(this.store)}>${icon('plus')}</button></header>
      <c-requests></c-requests>
      ${organisation?.example === true ? html`<p class="example">${text.connection.example}</p>` : nothing}
      ${sorted.length === 0 ? html`<p class="empty">${text.groups.none}</p>` : nothing}
      <ul class="groups" role="list" @keydown=${this.move}>
        ${repeat(sorted, (group) => group.id, (group) => html`<li>${this.row(group)}</li>`)}
      </ul>`
  }

  private row(group: GroupView): TemplateResult {
    return html`<button class="group" aria-current=${group.id === this.store.group ? 'true' : nothing}
        @click=${() => void this.store.open(group.id)}>
      ${mark(group.name, group.id)}
      <span class="group-name">${plainName(group.name)}</span>
      <span class="group-time">${group.last === null ? nothing : shortOf(group.last.time, Date.now())}</span>
      <span class="group-last">${this.last(group)}</span>
      <span class="group-marks">
        ${group.mentioned ? html`<b class="at" role="img" aria-label=${text.groups.mentioned}>@</b>` : nothing}
        ${group.unread === 0 ? nothing : html`<b class="count" role="img" aria-label=${text.nav.unread(group.unread)}>${group.unread}</b>`}
      </span>
    </button>`
  }

  private last(group: GroupView): TemplateResult {
    if (group.stopped !== null) return html`<span class="stopped">${icon('warn')} ${text.groups.stopped}</span>`
    if (group.removed) return html`${text.groups.removed}`
    if (group.last === null) return html`${text.groups.members(group.members.length)}`
    return html`${group.last.own ? text.groups.you : plainName(group.last.name)}: ${plainText(group.last.text)}`
  }

  private move(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    const rows = [...this.querySelectorAll<HTMLElement>('.group')]
    const next = rows[rows.indexOf(document.activeElement as HTMLElement) + step]
    if (next === undefined) return
    event.preventDefault()
    next.focus()
  }
}
customElements.define('c-group-list', GroupList)
