// One line of a conversation, and what can be done with it.
import { html, nothing, type TemplateResult } from 'lit'
import type { MessageView, PollView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { isoOf, timeOf } from './format.ts'
import { mark } from './group_list.ts'
import { icon, type IconName } from './icons.ts'
import { bareName, mentioningText, plainName, plainText } from './plain.ts'
import { openProof } from './proof.ts'
import { openReport } from './report.ts'
import { View } from './view.ts'

const kReactions = ['👍', '✅', '❤️', '🙏', '😄', '👀'] as const

class Message extends View {
  static override properties = { message: { attribute: false }, together: { type: Boolean } }
  declare message: MessageView
  declare together: boolean
  /** There may be thousands: each is drawn again only when its own message changed. */
  protected override readonly follows: boolean = false

  override render(): TemplateResult {
    const m = this.message
    this.setAttribute('role', 'article')
    if (m.kind === 'membership') return this.membership(m)
    const side = m.own ? 'own' : 'other'
    return html`<div class="message ${side} ${m.state} ${this.together ? 'together' : ''} ${m.mentionsMe ? 'mentions-me' : ''}">
      ${m.own ? nothing : mark(m.name, m.person)}
      <div class="bubble">
        ${m.own || this.together ? html`<span class="spoken">${m.own ? text.groups.you : plainName(m.name)}</span>` : html`<p class="who" data-tint-of=${m.person}>${plainName(m.name)}</p>`}
        ${this.reply(m)}
        ${this.body(m)}
        <p class="meta">
          ${m.edited ? html`<span>${text.conversation.edited}</span>` : nothing}
          ${m.overridden ? html`<span class="past">${text.conversation.overridden}</span>` : nothing}
          <time datetime=${isoOf(m.time)}>${timeOf(m.time)}</time>
          ${m.own ? this.state(m) : nothing}
        </p>
        ${this.reactions(m)}
      </div>
      ${m.deleted || m.seq === 0 ? nothing : html`<button class="quiet menu" aria-haspopup="dialog" aria-label=${text.actions.menu} @click=${this.menu}>${icon('more')}</button>`}
    </div>`
  }

  private membership(m: MessageView): TemplateResult {
    const change = m.membership
    if (change === null) return html``
    const names = (list: readonly string[]): string => list.join(', ')
    return html`<p class="membership">
      ${change.joined.length > 0 ? plainText(text.conversation.joined(names(change.joined))) : nothing}
      ${change.left.length > 0 ? plainText(text.conversation.left(names(change.left))) : nothing}
      ${change.reformed ? text.conversation.reformed : nothing}
      ${change.missed > 0 ? text.conversation.missed(change.missed) : nothing}
    </p>`
  }

  private reply(m: MessageView): TemplateResult | typeof nothing {
    if (m.kind !== 'text' || m.about === null || m.deleted) return nothing
    const known = m.reply
    return html`<blockquote class="quote">
      ${known === null ? text.conversation.unknownReply : html`<b>${plainName(known.name)}</b> ${plainText(known.text)}`}
    </blockquote>`
  }

  private body(m: MessageView): TemplateResult {
    if (m.deleted) return html`<p class="gone">${text.conversation.deleted}</p>`
    if (m.poll !== null) return this.poll(m, m.poll)
    if (m.kind !== 'text' && m.kind !== 'poll') {
      return html`<p class="kind">${text.conversation.kinds[m.kind as 'edit']}: ${plainText(m.text)}</p>`
    }
    const members = this.store.current?.members ?? []
    const names = m.mentions.map((person) => members.find((one) => one.person === person)?.name ?? '')
    return html`<p class="text">${mentioningText(m.text, names)}</p>`
  }

  private poll(m: MessageView, poll: PollView): TemplateResult {
    const all = poll.options.reduce((sum, option) => sum + option.names.length, 0)
    return html`<fieldset class="poll" ?disabled=${m.seq === 0}>
      <legend>${icon('poll')}<span class="spoken">${text.conversation.poll}: </span>${plainText(poll.question)}</legend>
      ${poll.options.map(
        (option, i) => html`<button class="option" aria-pressed=${poll.ownVote === i} title=${option.names.map(bareName).join(', ')}
            @click=${() => void this.store.try(this.store.core.sendVote(m.group, m.id, i))}>
          <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect width=${(100 * option.names.length) / Math.max(1, all)} height="1"></rect></svg>
          <span>${plainText(option.text)}</span><b>${text.conversation.pollVotes(option.names.length)}</b>
        </button>`,
      )}
    </fieldset>`
  }

  private state(m: MessageView): TemplateResult {
    const pictures: Record<MessageView['state'], IconName> = {
      waiting: 'clock', sent: 'clock', checking: 'shield', delivered: 'check', warned: 'warn', blocked: 'warn', rejected: 'warn',
    }
    const label = text.states[m.state]
    return html`<span class="state" data-state=${m.state}>${icon(pictures[m.state])}<span
        class=${m.state === 'delivered' ? 'spoken' : ''}>${label}</span></span>`
  }

  private reactions(m: MessageView): TemplateResult | typeof nothing {
    if (m.reactions.length === 0) return nothing
    return html`<p class="reactions">
      ${m.reactions.map(
        (reaction) => html`<button class="reaction" aria-pressed=${reaction.own} title=${reaction.names.map(bareName).join(', ')}
            aria-label=${text.conversation.reacted(reaction.emoji, reaction.names.map(bareName))}
            @click=${() => this.react(reaction.emoji)}>${reaction.emoji} ${reaction.names.length}</button>`,
      )}
    </p>`
  }

  private react(emoji: string): void {
    void this.store.try(this.store.core.sendReaction(this.message.group, this.message.id, emoji))
  }

  private tell(type: string): void {
    this.dispatchEvent(new CustomEvent(type, { detail: this.message, bubbles: true }))
  }

  private menu(): void {
    const m = this.message
    const group = this.store.current
    const open = group !== null && !group.removed && group.stopped === null
    openDialog(text.actions.menu, (close) => {
      const item = (picture: IconName, label: string, act: () => void, kind = ''): TemplateResult =>
        html`<li><button class="item ${kind}" @click=${() => (close(), act())}>${icon(picture)}${label}</button></li>`
      return html`
        ${open
          ? html`<div class="row emoji">${kReactions.map(
              (emoji) => html`<button aria-label=${text.conversation.react(emoji)} @click=${() => (close(), this.react(emoji))}>${emoji}</button>`,
            )}</div>`
          : nothing}
        <ul role="list" class="items">
          ${open ? item('chats', text.actions.reply, () => this.tell('answer')) : nothing}
          ${open && m.own && m.kind === 'text' ? item('settings', text.actions.edit, () => this.tell('change-own')) : nothing}
          ${item('proof', text.actions.proof, () => openProof(this.store, m))}
          ${item('desk', text.actions.copy, () => void navigator.clipboard.writeText(m.text))}
          ${open && !m.own ? item('voice', text.actions.report, () => openReport(this.store, m)) : nothing}
          ${open && m.own ? item('close', text.actions.remove, () => this.askRemove(), 'danger') : nothing}
        </ul>`
    })
  }

  private askRemove(): void {
    const m = this.message
    openDialog(text.actions.removeTitle, (close) => html`<p>${text.actions.removeLead}</p>
      <div class="row">
        <button class="primary danger" @click=${() => (close(), void this.store.try(this.store.core.deleteForEveryone(m.group, m.id)))}>${text.actions.remove}</button>
        <button @click=${close}>${text.cancel}</button>
      </div>`)
  }
}
customElements.define('c-message', Message)
