// Where one writes: grows with the text, keeps drafts on the device, mentions by '@'.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { GroupId, MemberView, MessageView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { icon } from './icons.ts'
import { bareName, plainName, plainText } from './plain.ts'
import { openPoll } from './poll.ts'
import type { Draft } from './precheck.ts'
import { View } from './view.ts'
import './precheck_panel.ts'

const kDraftMs = 400
const kTextMax = 4000
const kSayLeftBelow = 200
const kSuggestions = 5

export class Composer extends View {
  static override properties = { group: { type: String }, barred: { type: Boolean } }
  declare group: GroupId
  declare barred: boolean
  private reply: MessageView | null = null
  private changing: MessageView | null = null
  private mentioned = new Map<string, string>() // person by name
  private suggestions: readonly MemberView[] = []
  private chosen = 0
  private length = 0
  private timer = 0

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    const { changing } = this
    if (changing === null || changing.seq !== 0) return
    // Sent anyway or withdrawn meanwhile: there is nothing left to change. New words stay.
    if (this.store.linesOf(this.group).messages.some((one) => one.id === changing.id)) return
    this.changing = null
    if (this.box.value === changing.text) this.put('')
  }

  override render(): TemplateResult {
    const group = this.store.current
    const left = kTextMax - this.length
    return html`<c-precheck .group=${this.group} .draft=${this.draft()}></c-precheck>
    <form class="composer" @submit=${this.submit}>
      ${this.context()}
      ${this.suggestions.length === 0 ? nothing : this.suggested()}
      <div class="composer-row">
        <button type="button" class="quiet" aria-label=${text.composer.poll} title=${text.composer.poll} ?disabled=${this.barred}
          @click=${() => openPoll(this.store, this.group)}>${icon('poll')}</button>
        <textarea id="composer" rows="1" maxlength=${kTextMax} dir="auto" enterkeyhint="send"
          aria-label=${text.composer.label(bareName(group?.name ?? ''))} aria-describedby="composer-note"
          aria-expanded=${this.suggestions.length > 0} aria-controls="mention-list" role="combobox" aria-autocomplete="list"
          aria-activedescendant=${this.suggestions.length > 0 ? `mention-${this.chosen}` : nothing}
          placeholder=${text.composer.placeholder} ?disabled=${this.barred}
          @input=${this.typed} @keydown=${this.keys}></textarea>
        <button class="primary send" aria-label=${this.changing === null ? text.composer.send : text.composer.saveEdit}
          ?disabled=${this.barred || this.length === 0}>${icon('send')}</button>
      </div>
      <p class="hint" id="composer-note" aria-live="polite">
        ${this.barred ? text.composer.needsNotice : left < kSayLeftBelow ? text.composer.left(left) : nothing}</p>
    </form>`
  }

  /** What would be sent now. */
  private draft(): Draft {
    const body = this.hasUpdated && !this.barred ? this.box.value.trim() : ''
    const { changing, reply } = this
    if (changing !== null && changing.seq !== 0) return { text: body, kind: 'edit', about: changing.id }
    // What was withheld stays what it was, with other words.
    const about = (changing === null ? reply?.id : changing.about) ?? ''
    const kind = changing?.kind === 'edit' ? 'edit' : about !== '' ? 'reply' : 'text'
    return { text: body, kind, about }
  }

  private context(): TemplateResult | typeof nothing {
    const about = this.changing ?? this.reply
    if (about === null) return nothing
    return html`<div class="context"><div class="grow">
        <b>${this.changing === null ? text.composer.replying(about.own ? text.groups.you : bareName(about.name)) : text.composer.editing}</b>
        <p class="one-line">${plainText(about.text)}</p></div>
      <button type="button" class="quiet" aria-label=${text.composer.stop} @click=${this.stop}>${icon('close')}</button>
    </div>`
  }

  private suggested(): TemplateResult {
    return html`<ul class="mentions" id="mention-list" role="listbox" aria-label=${text.composer.mention}>
      ${this.suggestions.map(
        (member, i) => html`<li id="mention-${i}" role="option" aria-selected=${i === this.chosen}
          @pointerdown=${(e: Event) => (e.preventDefault(), this.mention(member))}>${plainName(member.name)}</li>`,
      )}
    </ul>`
  }

  private get box(): HTMLTextAreaElement {
    return this.find<HTMLTextAreaElement>('textarea')!
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('group')) void this.begin(changed.get('group') as GroupId | undefined)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.keep(this.group)
  }

  private async begin(before: GroupId | undefined): Promise<void> {
    if (before !== undefined) this.keep(before)
    this.reply = this.changing = null
    this.mentioned.clear()
    this.put('')
    const group = this.group
    const draft = await this.store.core.composer(group)
    if (group !== this.group) return
    if (draft.ok && this.length === 0) this.put(draft.value)
    if (matchMedia('(min-width: 50rem)').matches && this.store.wanted === null) this.box.focus()
  }

  /** Makes what stands there durable; a message being changed is no draft. */
  private keep(group: GroupId): void {
    clearTimeout(this.timer)
    if (this.changing === null && this.hasUpdated) void this.store.core.saveComposer(group, this.box.value)
  }

  private put(body: string): void {
    this.box.value = body
    this.measure()
  }

  private measure(): void {
    this.length = this.box.value.trim().length === 0 ? 0 : this.box.value.length
    this.box.style.height = 'auto'
    this.box.style.height = `${this.box.scrollHeight}px`
    this.requestUpdate()
  }

  replyTo(message: MessageView): void {
    this.stop()
    this.reply = message
    this.box.focus()
    this.requestUpdate()
  }

  /** An own delivered message, or one that was withheld: its text is back here. */
  change(message: MessageView): void {
    this.reply = null
    this.changing = message
    this.put(message.text)
    this.box.focus()
    this.box.setSelectionRange(message.text.length, message.text.length)
  }

  private stop(): void {
    if (this.changing !== null) this.put('')
    this.reply = this.changing = null
    this.requestUpdate()
  }

  private typed(): void {
    this.measure()
    this.suggest()
    const group = this.group
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.keep(group), kDraftMs)
  }

  private suggest(): void {
    const until = this.box.value.slice(0, this.box.selectionStart)
    const typed = /(?:^|\s)@([^@\n]{0,40})$/.exec(until)?.[1]?.toLowerCase()
    const members = this.store.current?.members ?? []
    this.suggestions =
      typed === undefined
        ? []
        : members
            .filter((one) => !one.bot && !one.self && one.name.toLowerCase().split(' ').some((_, i, words) => words.slice(i).join(' ').startsWith(typed)))
            .slice(0, kSuggestions)
    this.chosen = 0
    this.requestUpdate()
  }

  private mention(member: MemberView): void {
    const at = this.box.selectionStart
    const begin = this.box.value.lastIndexOf('@', at - 1)
    this.mentioned.set(member.name, member.person)
    this.box.setRangeText(`@${member.name} `, begin, at, 'end')
    this.suggestions = []
    this.measure()
  }

  private keys(event: KeyboardEvent): void {
    if (event.isComposing) return
    if (this.suggestions.length > 0) {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
      if (step !== 0) {
        this.chosen = (this.chosen + step + this.suggestions.length) % this.suggestions.length
      } else if (event.key === 'Enter' || event.key === 'Tab') {
        this.mention(this.suggestions[this.chosen]!)
      } else if (event.key === 'Escape') {
        this.suggestions = []
      } else return
      event.preventDefault()
      return this.requestUpdate()
    }
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      void this.send()
    } else if (event.key === 'Escape' && (this.reply !== null || this.changing !== null)) {
      this.stop()
    } else if (event.key === 'ArrowUp' && this.box.value === '') {
      const own = this.store.linesOf(this.group).messages.filter((m) => m.own && m.seq !== 0 && m.kind === 'text' && !m.deleted)
      const last = own[own.length - 1]
      if (last !== undefined) this.change(last)
    }
  }

  private submit(event: Event): void {
    event.preventDefault()
    void this.send()
  }

  private async send(): Promise<void> {
    const body = this.box.value.trim()
    if (body === '' || this.barred) return
    const { core } = this.store
    const { group, changing, reply } = this
    const mentions = [...this.mentioned].filter(([name]) => body.includes('@' + name)).map(([, person]) => person)
    const kept = this.box.value
    // Cleared at once: the message stands in the list, with its state, as soon as it is durable.
    this.reply = this.changing = null
    this.put('')
    const sent = await this.store.try(
      changing !== null
        ? core.edit(changing.id, body)
        : core.sendText(group, body, {
            ...(reply === null ? {} : { replyTo: reply.id }),
            ...(mentions.length === 0 ? {} : { mentions }),
          }),
    )
    if (sent === undefined && this.box.value === '') {
      this.reply = reply
      this.changing = changing
      return this.put(kept)
    }
    this.mentioned.clear()
    this.keep(group)
  }
}
customElements.define('c-composer', Composer)
