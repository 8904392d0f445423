// One alert: the marked excerpt, what came before, and the steps a supervisor takes. Each step is
// signed and logged by the core.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import type { AlertStep, AlertView, ReportView, Resolution } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openContext } from './context.ts'
import { categoryOf, momentOf, numberOf } from './format.ts'
import { icon } from './icons.ts'
import { markedText, plainName, plainText } from './plain.ts'
import { View } from './view.ts'

type Question = 'assign' | 'escalate' | 'close' | 'approve' | 'refuse'
type Form = Question | null
const kReasonMax = 500
const kRefusalMin = 10
const kResolutions: Readonly<Record<string, string>> = { ...text.desk.resolutions, ...text.desk.decisions }
const kNotes: Readonly<Record<Exclude<Question, 'assign'>, string>> = {
  escalate: text.desk.reason,
  close: text.desk.note,
  approve: text.desk.approveReason,
  refuse: text.desk.refuseReason,
}
/** What the bot lets a desk do next (bot/alert_steps.cc), besides acknowledging. */
const kSteps: Readonly<Record<AlertView['state'], readonly Question[]>> = {
  open: [],
  acknowledged: ['assign', 'escalate', 'close'],
  assigned: ['assign', 'escalate', 'close'],
  escalated: ['close'],
  closed: [],
}

/** An appeal is approved or refused, never closed. */
function stepsOf(alert: AlertView): readonly Question[] {
  const steps = kSteps[alert.state].filter((step) => alert.appealed === null || step !== 'close')
  return alert.appealed === null || alert.state === 'closed' ? steps : ['approve', 'refuse', ...steps]
}

class Alert extends View {
  static override properties = { alert: { attribute: false } }
  declare alert: AlertView
  private form: Form = null
  private busy = false
  private shown = ''

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed)
    if (this.alert.id === this.shown) return
    this.shown = this.alert.id
    this.form = null
  }

  override render(): TemplateResult {
    const a = this.alert
    const who = a.subject.name === '' ? a.subject.pseudonym : a.subject.name
    return html`<article class="alert">
      <header class="bar">
        <button class="quiet only-narrow" aria-label=${text.back} @click=${() => this.store.back()}>${icon('back')}</button>
        <div class="grow"><h2 class="title">${categoryOf(a.category)}</h2>
          <p class="muted">${plainName(who)} ${text.desk.in(a.groupName)} · ${momentOf(a.time)}</p></div>
        <span class="badge ${a.state}">${text.desk.states[a.state]}</span>
      </header>
      <div class="alert-body">
        <p><span class="badge ${a.severity}">${text.warning.severity[a.severity]}</span>
          <span class="badge">${text.desk.outcomes[a.outcome]}</span>
          ${a.serious ? html`<span class="badge warn">${text.desk.serious}</span>` : nothing}</p>
        <h3>${text.desk.excerpt}</h3>
        <blockquote class="yours">${markedText(a.excerpt, [a.span])}</blockquote>
        <p class="muted">${text.desk.excerptNote}</p>
        ${a.appealed === null ? nothing : html`<h3>${text.desk.appealed}</h3><blockquote class="yours">${plainText(a.appealed)}</blockquote>
          <p class="muted">${text.desk.appealedNote}</p>`}
        ${a.proof === null ? nothing : this.proof(a.proof)}
        ${a.justification === '' ? nothing : html`<h3>${a.outcome === 'reported' ? text.desk.reporter : text.desk.justification}</h3><blockquote class="quote">${plainText(a.justification)}</blockquote>`}
        <dl class="facts">
          <dt>${text.warning.standard}</dt><dd>${plainText(a.standard)}</dd>
          <dt>${text.proof.policy}</dt><dd>${text.warning.rule(a.rule)}</dd>
        </dl>
        <p class="muted">${text.desk.earlier(a.earlier.all, a.earlier.actedUpon, a.earlier.dismissed)}${a.repeats === 0 ? nothing : html` · ${text.desk.repeats(a.repeats)}`}</p>
        <p><button @click=${() => openContext(this.store, a)}>${icon('lock')}${text.desk.context}</button></p>
        ${a.refused === null ? nothing : html`<p class="problem" role="alert">${text.desk.stepRefused} ${a.refused.message}</p>`}
        ${a.state === 'closed' ? nothing : this.steps()}
        <h3>${text.desk.history}</h3>
        <ol role="list" class="history">${a.steps.map(
          (step) => html`<li><b>${text.desk.actions[step.action] ?? step.action}</b>
            ${step.resolution === null ? nothing : html`<span class="badge">${kResolutions[step.resolution] ?? step.resolution}</span>`}
            <span class="muted">${step.person === '' ? text.desk.bot : step.person} · ${momentOf(step.time)}</span>
            ${step.argument === '' ? nothing : html`<p>${plainText(step.argument)}</p>`}</li>`,
        )}</ol>
      </div>
    </article>`
  }

  private proof(proof: ReportView): TemplateResult {
    const checks = Object.keys(text.desk.proofChecks) as (keyof typeof text.desk.proofChecks)[]
    const { logged } = proof
    return html`<h3>${text.desk.proof}</h3>
      <p>${checks.every((check) => proof[check]) ? text.desk.proofGood : text.desk.proofBad}</p>
      ${proof.text === '' ? nothing : html`<p class="muted">${text.desk.proofOf}</p><blockquote class="yours">${plainText(proof.text)}</blockquote>`}
      <ul role="list" class="checks">
        ${checks.map((check) => html`<li class=${proof[check] ? 'good' : 'unsure'}>${icon(proof[check] ? 'check' : 'warn')}${proof[check] ? text.desk.proofChecks[check] : text.desk.proofFails(text.desk.proofChecks[check])}</li>`)}
        ${logged === null ? nothing : html`<li class="good">${icon('check')}${text.desk.proofLogged(numberOf(logged.index), numberOf(logged.size))}</li>`}
      </ul>
      ${proof.claimedTime === null ? nothing : html`<p class="muted">${text.desk.proofTime(momentOf(proof.claimedTime))}</p>`}
      ${logged !== null
        ? nothing
        : html`<p><button @click=${() => void this.store.try(this.store.core.proveReport(this.alert.id))}>${text.desk.proofAsk}</button></p>
            <p class="hint">${text.desk.proofAskNote}</p>`}`
  }

  private steps(): TemplateResult {
    const a = this.alert
    return html`<div class="row choices">
        ${a.state === 'open' ? html`<button class="primary" ?disabled=${this.busy} @click=${() => void this.step({ action: 'acknowledge' })}>${text.desk.acknowledge}</button>` : nothing}
        ${stepsOf(a).map(
          (form) => html`<button aria-expanded=${this.form === form} ?disabled=${this.busy} @click=${() => this.begin(form)}>
            ${form === 'close' ? text.desk.closeAlert : text.desk[form]}</button>`,
        )}
      </div>
      ${/* Who reads the words depends on the step: they do not go over to another. */ this.form === null ? nothing : keyed(this.form, this.ask(this.form))}
      <p class="hint">${text.desk.logged}</p>`
  }

  private ask(form: Question): TemplateResult {
    const people = new Map<string, string>()
    const self = this.store.state.device
    if (self !== null) people.set(self.person, self.name)
    for (const group of this.store.state.groups) {
      for (const member of group.members) if (member.role === 'supervisor') people.set(member.person, member.name)
    }
    return html`<form class="step" @submit=${(event: Event) => this.submit(event, form)}>
      ${form === 'assign'
        ? html`<label for="step-person">${text.desk.assignTo}</label>
            <input id="step-person" required list="step-people" autocomplete="off" spellcheck="false" />
            <datalist id="step-people">${[...people].map(([person, name]) => html`<option value=${person}>${name}</option>`)}</datalist>`
        : nothing}
      ${form === 'close'
        ? html`<label for="step-outcome">${text.desk.outcome}</label>
            <select id="step-outcome">${(Object.keys(text.desk.resolutions) as Resolution[]).map(
              (resolution) => html`<option value=${resolution}>${text.desk.resolutions[resolution]}</option>`,
            )}</select>`
        : nothing}
      ${form === 'assign'
        ? nothing
        : html`<label for="step-note">${kNotes[form]}</label>
            <textarea id="step-note" rows="3" ?required=${form !== 'approve'} minlength=${form === 'refuse' ? kRefusalMin : nothing}
              maxlength=${kReasonMax} dir="auto"></textarea>`}
      <div class="row">
        <button class="primary" ?disabled=${this.busy}>${form === 'close' ? text.desk.closeAlert : text.desk[form]}</button>
        <button type="button" @click=${() => this.begin(null)}>${text.cancel}</button>
      </div>
    </form>`
  }

  private begin(form: Form): void {
    this.form = this.form === form ? null : form
    this.requestUpdate()
    void this.updateComplete.then(() => this.find<HTMLElement>('.step input, .step select, .step textarea')?.focus())
  }

  private submit(event: Event, form: Question): void {
    event.preventDefault()
    const value = (id: string): string => this.find<HTMLInputElement>(id)?.value.trim() ?? ''
    const step: AlertStep =
      form === 'assign' ? { action: 'assign', person: value('#step-person') }
      : form === 'escalate' ? { action: 'escalate', reason: value('#step-note') }
      : form === 'approve' || form === 'refuse' ? { action: form, reason: value('#step-note') }
      : { action: 'close', resolution: value('#step-outcome') as Resolution, note: value('#step-note') }
    void this.step(step)
  }

  private async step(step: AlertStep): Promise<void> {
    this.busy = true
    this.requestUpdate()
    await this.store.try(this.store.core.alertStep(this.alert.id, step))
    this.busy = false
    if (this.store.failure === null) this.form = null
    this.requestUpdate()
  }
}
customElements.define('c-alert', Alert)
