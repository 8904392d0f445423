// The lines of a group: the newest page first, older ones as one scrolls up. Lines out of sight
// cost the browser nothing (content-visibility), so thousands of them do not slow typing.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { GroupId, MessageView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { dayKey, dayOf, isoOf } from './format.ts'
import { icon } from './icons.ts'
import { View } from './view.ts'
import './message.ts'

const kNearPx = 120
/** Lines of one person within so long stand together. */
const kTogetherMs = 5 * 60_000

class MessageList extends View {
  static override properties = { group: { type: String } }
  declare group: GroupId
  private atEnd = true
  private shown: GroupId | null = null
  private fetching = false
  private newBelow = 0
  private lastId = ''
  private current = ''
  // Lines get their real height once they are near: the end moves, and is followed.
  private readonly grown = new ResizeObserver(() => {
    if (this.atEnd && this.hasUpdated) this.box.scrollTop = this.box.scrollHeight
  })

  override render(): TemplateResult {
    const { messages, more, loaded } = this.store.linesOf(this.group)
    const now = Date.now()
    const focusable = this.focusable(messages)
    return html`
      <div class="messages" id="messages" tabindex="-1" @scroll=${this.scrolled} @keydown=${this.keys}>
        ${loaded ? this.beginning(more, messages.length) : html`<p class="empty">${text.loading}</p>`}
        <ol role="list" aria-label=${text.conversation.messages}>
          ${repeat(
            messages,
            (message) => message.id,
            (message, i) => {
              const before = messages[i - 1]
              const newDay = before === undefined || dayKey(before.time) !== dayKey(message.time)
              return html`<li class="line" data-id=${message.id}>
                ${newDay ? html`<p class="day"><time datetime=${isoOf(message.time).slice(0, 10)}>${dayOf(message.time, now)}</time></p>` : nothing}
                <c-message .message=${message} .together=${!newDay && together(before, message)}
                  tabindex=${message.id === focusable ? 0 : -1}></c-message>
              </li>`
            },
          )}
        </ol>
      </div>
      ${this.newBelow > 0 || !this.atEnd
        ? html`<button class="to-end" @click=${this.toEnd}>${icon('down')}
            ${this.newBelow > 0 ? text.conversation.newMessages(this.newBelow) : text.conversation.newest}</button>`
        : nothing}
    `
  }

  private beginning(more: boolean, count: number): TemplateResult {
    if (more) return html`<p class="older"><button class="quiet" @click=${this.older}>${text.conversation.older}</button></p>`
    return html`<p class="empty">${count === 0 ? text.conversation.empty : text.conversation.beginning}</p>`
  }

  private focusable(messages: readonly MessageView[]): string {
    return messages.some((message) => message.id === this.current) ? this.current : (messages[messages.length - 1]?.id ?? '')
  }

  override firstUpdated(): void {
    this.grown.observe(this.find('.messages > ol')!)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.grown.disconnect()
  }

  private get box(): HTMLElement {
    return this.find<HTMLElement>('.messages')!
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (changed.has('group')) {
      this.atEnd = true
      this.newBelow = 0
      this.lastId = ''
      this.current = ''
    }
    const { messages } = this.store.linesOf(this.group)
    const last = messages[messages.length - 1]
    if (last !== undefined && last.id !== this.lastId) {
      if (this.lastId !== '' && !this.atEnd && !last.own) ++this.newBelow
      if (last.own) this.atEnd = true
      this.lastId = last.id
    }
  }

  protected override updated(): void {
    const box = this.box
    const { loaded } = this.store.linesOf(this.group)
    if (this.store.wanted !== null && loaded) this.reveal(this.store.wanted)
    else if (this.atEnd || this.shown !== this.group) box.scrollTop = box.scrollHeight
    if (loaded) this.shown = this.group
    const group = this.store.current
    if (group !== null && this.atEnd && document.hasFocus()) void this.store.read(group)
  }

  private reveal(id: string): void {
    const line = this.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)
    this.store.wanted = null
    if (line === null) return
    this.atEnd = false
    line.scrollIntoView({ block: 'center' })
    line.querySelector<HTMLElement>('c-message')?.focus()
  }

  private scrolled(): void {
    const box = this.box
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < kNearPx
    if (atEnd !== this.atEnd) {
      this.atEnd = atEnd
      if (atEnd) this.newBelow = 0
      this.requestUpdate()
    }
    if (box.scrollTop < kNearPx) void this.older()
  }

  private async older(): Promise<void> {
    if (this.fetching || !this.store.linesOf(this.group).more) return
    this.fetching = true
    // What was read stays where it is when older lines come above it.
    const first = this.find<HTMLElement>('.line')
    const before = first?.getBoundingClientRect().top ?? 0
    await this.store.older(this.group)
    await this.updateComplete
    if (first !== null) this.box.scrollTop += first.getBoundingClientRect().top - before
    this.fetching = false
  }

  private toEnd(): void {
    this.store.trim(this.group)
    this.atEnd = true
    this.newBelow = 0
    this.requestUpdate()
  }

  private keys(event: KeyboardEvent): void {
    const lines = [...this.querySelectorAll<HTMLElement>('c-message')]
    const at = lines.indexOf((event.target as HTMLElement).closest<HTMLElement>('c-message')!)
    if (event.target !== lines[at] && event.key !== 'Escape') return
    const next =
      event.key === 'ArrowUp' ? lines[at - 1]
      : event.key === 'ArrowDown' ? lines[at + 1]
      : event.key === 'Home' ? lines[0]
      : event.key === 'End' ? lines[lines.length - 1]
      : undefined
    if (next === undefined) return
    event.preventDefault()
    this.current = next.closest<HTMLElement>('.line')!.dataset['id']!
    next.focus()
    this.requestUpdate()
  }
}
customElements.define('c-message-list', MessageList)

function together(before: MessageView | undefined, message: MessageView): boolean {
  return (
    before !== undefined &&
    before.kind !== 'membership' &&
    message.kind !== 'membership' &&
    before.device === message.device &&
    message.time - before.time < kTogetherMs
  )
}
