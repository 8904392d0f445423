// One group: who and what it is, its messages, and where one writes.
import { html, nothing, type TemplateResult } from 'lit'
import type { GroupView, MessageView } from '../core/api.ts'
import { text } from '../text/en.ts'
import type { Composer } from './composer.ts'
import { dateOf, daysSince, momentOf } from './format.ts'
import { mark } from './group_list.ts'
import { icon } from './icons.ts'
import { plainName, plainText } from './plain.ts'
import { openRoster } from './roster.ts'
import { View } from './view.ts'
import './composer.ts'
import './message_list.ts'
import './warning_panel.ts'

/** So long one is reminded that the group had another name. */
const kRenamedDays = 7

class Conversation extends View {
  override render(): TemplateResult {
    const group = this.store.current
    if (group === null) {
      return html`<div class="blank"><span class="blank-mark">${icon('shield')}</span>
        <h2>${text.groups.choose}</h2><p>${text.groups.chooseMore}</p></div>`
    }
    const notice = this.store.state.notice
    const open = !group.removed && group.stopped === null
    return html`
      ${this.header(group)}
      ${this.botLine(group)}
      ${this.renamed(group)}
      ${group.stopped === null ? nothing : this.stopped(group)}
      <c-message-list .group=${group.id} @answer=${this.answer} @change-own=${this.change}></c-message-list>
      <c-warning-panel .group=${group.id} @edit-withheld=${this.rewrite}></c-warning-panel>
      ${group.waitingFor === null ? nothing : html`<p class="bot-line" role="status">${icon('clock')}<span>${group.waitingFor}</span></p>`}
      ${group.removed ? html`<p class="closed">${text.conversation.removed}</p>` : nothing}
      ${open ? html`<c-composer .group=${group.id} .barred=${notice !== null && !notice.acknowledged}></c-composer>` : nothing}
    `
  }

  private header(group: GroupView): TemplateResult {
    return html`<header class="bar conversation-bar">
      <button class="quiet only-narrow" aria-label=${text.back} @click=${() => this.store.back()}>${icon('back')}</button>
      ${mark(group.name, group.id)}
      <div class="grow">
        <h2 class="title">${plainName(group.name)}</h2>
        <p class="muted">${text.groups.members(group.members.length)} · ${text.groups.classes[group.groupClass] ?? group.groupClass}</p>
      </div>
      <button class="quiet" aria-label=${text.botLine.more} @click=${() => openRoster(this.store, group.id)}>${icon('people')}<span>${text.botLine.more}</span></button>
    </header>`
  }

  private botLine(group: GroupView): TemplateResult {
    const days = daysSince(group.bot.keySince, Date.now())
    return html`<p class="bot-line">${icon('shield')}<span>${text.botLine.text(dateOf(group.bot.since))}
      ${text.botLine.key(text.botLine.keyDays(days))}</span></p>`
  }

  // The bot tells a new name outside the conversation, so it has no place among its lines.
  private renamed(group: GroupView): TemplateResult | typeof nothing {
    const { renamed } = group
    if (renamed === null || daysSince(renamed.time, Date.now()) >= kRenamedDays) return nothing
    return html`<p class="bot-line">${icon('people')}<span>${plainText(text.groups.calledBefore(renamed.from, momentOf(renamed.time)))}</span></p>`
  }

  private stopped(group: GroupView): TemplateResult {
    return html`<div class="strip danger" role="alert">${icon('warn')}
      <p><b>${text.conversation.stopped}.</b> ${group.stopped!.message} ${text.conversation.stoppedMore}</p></div>`
  }

  private composer(): Composer | null {
    return this.find<Composer>('c-composer')
  }
  private answer(event: CustomEvent<MessageView>): void {
    this.composer()?.replyTo(event.detail)
  }
  private change(event: CustomEvent<MessageView>): void {
    this.composer()?.change(event.detail)
  }
  private rewrite(event: CustomEvent<MessageView>): void {
    this.composer()?.change(event.detail)
  }
}
customElements.define('c-conversation', Conversation)
