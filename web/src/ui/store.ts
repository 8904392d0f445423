// What the screens share: the core's state, the lines of the groups that were opened, and where
// the person is. One store for the page; components draw again on its `change`.
import type { Change, CoreState, Failure, GroupId, GroupView, MessageId, MessageView, Result } from '../core/api.ts'
import { text } from '../text/en.ts'
import type { CoreLink } from './core_link.ts'
import { notify } from './notify.ts'
import { bareName } from './plain.ts'

export type View = 'chats' | 'desk' | 'alarms' | 'search' | 'settings'
/** On a narrow screen one of the two is seen. */
export type Pane = 'list' | 'main'

export interface Lines {
  readonly messages: readonly MessageView[]
  readonly more: boolean
  readonly loaded: boolean
}

const kPageSize = 60
/** So many lines stay drawn once one is back at the newest; older ones are fetched again. */
const kKept = 2 * kPageSize
const kNone: Lines = { messages: [], more: false, loaded: false }

/** Delivered lines by place, own lines on their way behind them in the order they were written. */
function inOrder(messages: Iterable<MessageView>): MessageView[] {
  const all = [...messages]
  return all.sort((a, b) => {
    if ((a.seq === 0) !== (b.seq === 0)) return a.seq === 0 ? 1 : -1
    return a.seq === 0 ? a.time - b.time : a.seq - b.seq
  })
}

export class Store extends EventTarget {
  view: View = 'chats'
  pane: Pane = 'list'
  group: GroupId | null = null
  alert: string | null = null
  /** A sentence about the last command that failed. */
  failure: Failure | null = null
  /** A sentence for screen readers, and for nobody else. */
  spoken = ''
  /** The line to bring into view, once. */
  wanted: MessageId | null = null
  readonly core: CoreLink
  private readonly lines = new Map<GroupId, Lines>()
  private speaking = 0

  constructor(core: CoreLink) {
    super()
    this.core = core
    core.subscribe((change) => this.take(change))
    addEventListener('popstate', () => {
      this.pane = 'list'
      this.changed()
    })
  }

  get state(): CoreState {
    return this.core.state()
  }
  get current(): GroupView | null {
    return this.state.groups.find((group) => group.id === this.group) ?? null
  }
  linesOf(group: GroupId | null): Lines {
    return (group !== null && this.lines.get(group)) || kNone
  }

  changed(): void {
    this.dispatchEvent(new Event('change'))
  }

  say(sentence: string): void {
    // The same sentence twice is two announcements.
    this.spoken = sentence + (++this.speaking % 2 === 0 ? '\u00a0' : '')
    this.changed()
  }

  /** The value, or nothing with the failure shown. */
  async try<T>(doing: Promise<Result<T>>): Promise<T | undefined> {
    try {
      const result = await doing
      this.fail(result.ok ? null : result.error)
      return result.ok ? result.value : undefined
    } catch {
      this.fail({ code: 'internal', message: text.unknownFailure })
      return undefined
    }
  }

  private fail(failure: Failure | null): void {
    if (failure === this.failure) return
    this.failure = failure
    this.changed()
  }

  go(view: View): void {
    this.view = view
    this.show('list')
  }
  show(pane: Pane): void {
    // The browser's own way back leads to the list; the address says nothing.
    if (pane === 'main' && this.pane === 'list') history.pushState(null, '')
    this.pane = pane
    this.failure = null
    this.changed()
  }
  back(): void {
    if (this.pane === 'main') history.back()
  }

  async open(group: GroupId, at: MessageId | null = null): Promise<void> {
    this.view = 'chats'
    this.group = group
    this.wanted = at
    this.show('main')
    if (at === null) this.trim(group)
    if (!this.linesOf(group).loaded) await this.older(group)
    while (at !== null && this.linesOf(group).more && !this.linesOf(group).messages.some((m) => m.id === at)) {
      await this.older(group)
    }
    this.changed()
  }

  /** Fetches the page before the oldest line here. */
  async older(group: GroupId): Promise<void> {
    const have = this.linesOf(group)
    const oldest = have.messages.find((message) => message.seq !== 0)
    const before = have.loaded && oldest !== undefined ? { before: oldest.seq } : {}
    const page = await this.try(this.core.messages(group, { ...before, limit: kPageSize }))
    if (page === undefined) return
    const known = new Map(page.messages.map((message) => [message.id, message]))
    for (const message of this.linesOf(group).messages) known.set(message.id, message)
    this.lines.set(group, { messages: inOrder(known.values()), more: page.more, loaded: true })
    this.changed()
  }

  /** Lets go of older lines, which nobody looks at now. */
  trim(group: GroupId): void {
    const have = this.linesOf(group)
    if (have.messages.length <= kKept) return
    this.lines.set(group, { messages: have.messages.slice(-kKept), more: true, loaded: true })
    this.changed()
  }

  async read(group: GroupView): Promise<void> {
    if (group.unread > 0 || group.mentioned) await this.core.markRead(group.id)
  }

  private take(change: Change): void {
    if (change.type === 'state') {
      if (change.state.phase !== 'ready') this.forgetText()
      if (this.group !== null && this.current === null) this.group = null
    } else if (change.type === 'messages') {
      this.merge(change.group, change.changed, change.removed)
    } else {
      const group = this.state.groups.find((one) => one.id === change.group)
      if (group !== undefined) notify(group, change.mentionsMe, () => void this.open(group.id))
    }
    this.changed()
  }

  /** Nothing of what was said stays in the page once it is locked. */
  private forgetText(): void {
    this.lines.clear()
    this.spoken = ''
    this.failure = null
  }

  private merge(group: GroupId, changed: readonly MessageView[], removed: readonly MessageId[]): void {
    const have = this.linesOf(group)
    if (!have.loaded) return
    const oldest = have.messages.find((message) => message.seq !== 0)?.seq ?? 0
    const known = new Map(have.messages.map((message) => [message.id, message]))
    for (const message of changed) {
      const before = known.get(message.id)
      // A change of a line beyond the pages fetched so far comes with its page.
      if (before === undefined && have.more && message.seq !== 0 && message.seq < oldest) continue
      known.set(message.id, message)
      if (group === this.group) this.announce(message, before)
    }
    for (const id of removed) known.delete(id)
    this.lines.set(group, { ...have, messages: inOrder(known.values()) })
  }

  private announce(message: MessageView, before: MessageView | undefined): void {
    if (message.own && before?.state !== message.state) {
      if (message.state === 'warned') this.say(text.warning.announce(message.warning?.findings.length ?? 1))
      if (message.state === 'blocked') this.say(text.warning.announceBlock)
    } else if (message.own && before?.warning?.appeal?.state !== message.warning?.appeal?.state) {
      const state = message.warning?.appeal?.state
      if (state === 'approved') this.say(text.warning.announceApproved)
      if (state === 'refused') this.say(text.warning.announceRefused)
    } else if (!message.own && before === undefined && message.kind === 'text') {
      this.say(text.conversation.arrived(bareName(message.name), message.text))
    }
  }
}
