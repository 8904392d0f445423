// What the bot noticed, at the composer: the words marked, why, and what can be done about it. One
// withheld message at a time, the oldest first.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { AppealView, FindingView, GroupId, MessageView, Result, WarningView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { momentOf } from './format.ts'
import { icon } from './icons.ts'
import { markedText, plainText } from './plain.ts'
import { View } from './view.ts'

const kReasonMin = 10
const kReasonMax = 500
type Question = 'anyway' | 'wrong' | 'appeal'
type Asking = Question | null

/** Only saying that the warning is wrong needs no reason; one that is given says something. */
const tooShort = (asking: Question, length: number): boolean => length < kReasonMin && (asking !== 'wrong' || length > 0)

/** Findings with the same advice by the same standard stand together, and say it once. */
function grouped(findings: readonly FindingView[]): ReadonlyArray<readonly [FindingView, ...FindingView[]]> {
  const groups = new Map<string, [FindingView, ...FindingView[]]>()
  for (const finding of findings) {
    const key = `${finding.standard}\n${finding.advice}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else if (!group.some((one) => one.message === finding.message)) group.push(finding)
  }
  return [...groups.values()]
}

/** By a desk, and not too long ago. */
const approved = (warning: WarningView | null): boolean => (warning?.appeal?.until ?? 0) > Date.now()

const kWords: Readonly<Record<Question, { label: string; hint: string; go: string }>> = {
  anyway: { label: text.warning.reasonLabel, hint: text.warning.reasonHint, go: text.warning.sendNow },
  wrong: { label: text.warning.wrongLabel, hint: text.warning.wrongHint, go: text.warning.tell },
  appeal: { label: text.warning.appealLabel, hint: text.warning.appealHint, go: text.warning.appealNow },
}

class WarningPanel extends View {
  static override properties = { group: { type: String } }
  declare group: GroupId
  private asking: Asking = null
  private reason = ''
  private shown = ''
  private busy = false

  private withheld(): readonly MessageView[] {
    const held = this.store.linesOf(this.group).messages.filter((m) => m.own && ['warned', 'blocked', 'rejected'].includes(m.state))
    return held
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    const first = this.withheld()[0]?.id ?? ''
    if (first === this.shown) return
    this.shown = first
    this.asking = null
    this.reason = ''
  }

  override render(): TemplateResult | typeof nothing {
    const held = this.withheld()
    const message = held[0]
    if (message === undefined) return nothing
    const warning = message.warning
    const final = message.state !== 'warned'
    const expired = warning !== null && warning.expires < Date.now()
    const title = message.state === 'rejected' ? text.warning.rejectedTitle : approved(warning) ? text.warning.approvedTitle : final ? text.warning.blockTitle : text.warning.title
    return html`<section class="warning ${message.state}" aria-labelledby="warning-title">
      <header class="row">
        ${icon('warn')}
        <div class="grow"><h3 id="warning-title">${title}</h3>
          <p class="muted">${message.failure?.message ?? text.warning.lead}</p></div>
        ${held.length > 1 ? html`<span class="muted">${text.warning.another(held.length - 1)}</span>` : nothing}
      </header>
      <div class="warning-body" tabindex="0" role="group" aria-label=${text.warning.why}>
        ${warning?.appeal ? this.appealed(warning.appeal) : nothing}
        <h4 class="spoken">${text.warning.yours}</h4>
        <blockquote class="yours">${markedText(message.checkedText === '' ? message.text : message.checkedText, warning?.findings.map((f) => f.span) ?? [])}</blockquote>
        ${warning === null ? nothing : this.findings(warning.findings)}
        ${warning?.disputed === true ? html`<p class="muted">${icon('check')} ${text.warning.told}</p>` : nothing}
        ${warning !== null && !final ? html`<p class="muted">${expired ? text.warning.expired : text.warning.expires(momentOf(warning.expires))}</p>` : nothing}
      </div>
      <div class="warning-foot">
        ${this.asking === null ? this.choices(message, final || expired) : this.ask(message, this.asking)}
      </div>
    </section>`
  }

  private findings(findings: readonly FindingView[]): TemplateResult {
    return html`<h4>${text.warning.why}</h4>
      <ul role="list" class="findings">
        ${grouped(findings).map(([first, ...others]) => {
          const all = [first, ...others]
          return html`<li>
            ${all.map(
              (finding) => html`<p><b class="severity ${finding.severity}">${text.warning.severity[finding.severity]}</b> ${plainText(finding.message)}</p>`,
            )}
            ${first.advice === '' ? nothing : html`<p><b>${text.warning.advice}:</b> ${plainText(first.advice)}</p>`}
            <p class="muted">${first.standard === '' ? nothing : html`${text.warning.standard}: ${plainText(first.standard)} · `}${all.map(
              (finding, i) => html`${i === 0 ? '' : ', '}${text.warning.rule(finding.rule)}`,
            )}</p>
          </li>`
        })}
      </ul>`
  }

  private appealed(appeal: AppealView): TemplateResult {
    const over = appeal.until !== null && appeal.until < Date.now()
    return html`<div class="appealed" role="status">
      <p>${icon(appeal.state === 'approved' ? 'check' : appeal.state === 'sent' || appeal.state === 'received' ? 'clock' : 'warn')}
        <b>${text.warning.appealStates[appeal.state]}</b> ${appeal.failure?.message ?? ''}</p>
      ${appeal.decision === '' ? nothing : html`<p>${text.warning.desksWords}: ${plainText(appeal.decision)}</p>`}
      ${appeal.until === null ? nothing : html`<p class="muted">${over ? text.warning.approvalOver : text.warning.approvedUntil(momentOf(appeal.until))}</p>`}
    </div>`
  }

  private choices(message: MessageView, final: boolean): TemplateResult {
    const editable = message.kind === 'text' || message.kind === 'edit'
    const appeal = message.warning?.appeal ?? null
    const cleared = approved(message.warning)
    const appealable =
      message.warning?.block === true && message.warning.expires > Date.now() &&
      (appeal === null || appeal.state === 'sent' || appeal.state === 'not taken')
    return html`<div class="row choices">
      ${cleared ? html`<button class="primary" ?disabled=${this.busy} @click=${() => void this.once(() => this.store.core.resubmit(message.id))}>${text.warning.resubmit}</button>` : nothing}
      ${editable ? html`<button class=${cleared ? '' : 'primary'} @click=${() => this.edit(message)}>${text.warning.edit}</button>` : nothing}
      <button ?disabled=${this.busy} @click=${() => void this.once(() => this.store.core.withdraw(message.id))}>${text.warning.withdraw}</button>
      ${final ? nothing : html`<button @click=${() => this.begin('anyway')}>${text.warning.anyway}</button>`}
      ${appealable ? html`<button @click=${() => this.begin('appeal')}>${text.warning.appeal}</button>` : nothing}
      ${message.warning === null || message.warning.disputed
        ? nothing
        : html`<button class="quiet" @click=${() => this.begin('wrong')}>${text.warning.wrong}</button>`}
    </div>`
  }

  private ask(message: MessageView, asking: Question): TemplateResult {
    const length = [...this.reason.trim()].length
    const { label, hint, go } = kWords[asking]
    const short = tooShort(asking, length)
    return html`<form @submit=${(e: Event) => void this.answer(e, message, asking)}>
      <label for="reason">${label}</label>
      <textarea id="reason" rows="2" maxlength=${kReasonMax} dir="auto" aria-describedby="reason-hint reason-count" .value=${this.reason}
        @input=${this.typed}></textarea>
      <p class="hint row"><span id="reason-hint" class="grow">${hint}</span>
        <span id="reason-count">${short ? text.warning.tooShort(kReasonMin) + ' · ' : ''}${text.warning.counter(length, kReasonMax)}</span></p>
      <div class="row">
        <button class="primary" ?disabled=${short || this.busy}>${go}</button>
        <button type="button" @click=${() => this.begin(null)}>${text.cancel}</button>
      </div>
    </form>`
  }

  private begin(asking: Asking): void {
    this.asking = asking
    this.requestUpdate()
    void this.updateComplete.then(() => this.find<HTMLElement>(asking === null ? '.choices button' : '#reason')?.focus())
  }

  private typed(event: Event): void {
    this.reason = (event.target as HTMLTextAreaElement).value
    this.requestUpdate()
  }

  private edit(message: MessageView): void {
    this.dispatchEvent(new CustomEvent('edit-withheld', { detail: message, bubbles: true }))
  }

  /** Pressed twice, it is done once. */
  private async once(act: () => Promise<Result<unknown>>): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.requestUpdate()
    await this.store.try(act())
    this.busy = false
    this.requestUpdate()
  }

  private async answer(event: Event, message: MessageView, asking: Question): Promise<void> {
    event.preventDefault()
    const reason = this.reason.trim()
    if (this.busy || tooShort(asking, [...reason].length)) return
    const { core } = this.store
    await this.once(() =>
      asking === 'anyway' ? core.overrideWarning(message.id, reason)
      : asking === 'wrong' ? core.dispute(message.id, reason)
      : core.appeal(message.id, reason),
    )
    if (this.store.failure === null) {
      this.asking = null
      this.reason = ''
    }
    this.requestUpdate()
  }
}
customElements.define('c-warning-panel', WarningPanel)
