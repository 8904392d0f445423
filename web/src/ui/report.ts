// Speaking up about a message, in two steps: what will be sent and who sees it; then once more
// before it goes.
import { html, type TemplateResult } from 'lit'
import type { MessageView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { plainName, plainText } from './plain.ts'
import { releasedQuote } from './proof.ts'
import type { Store } from './store.ts'

const kReasonMin = 10
const kReasonMax = 500

export function openReport(store: Store, message: MessageView): void {
  let reason = ''
  let step = 1
  let busy = false
  const about = releasedQuote(message, html`<b>${plainName(message.name)}</b> `)
  openDialog(text.report.title, (close, dialog): TemplateResult => {
    const typed = (event: Event): void => {
      reason = (event.target as HTMLTextAreaElement).value
      dialog.redraw()
    }
    const to = (next: number): void => {
      step = next
      dialog.redraw()
    }
    const send = async (): Promise<void> => {
      if (busy) return
      busy = true
      dialog.redraw()
      const sent = await store.try(store.core.report(message.group, message.id, reason.trim()))
      close()
      if (sent !== undefined) store.say(text.report.done)
    }
    const length = [...reason.trim()].length
    const list = (title: string, lines: readonly string[]): TemplateResult =>
      html`<h3>${title}</h3><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
    if (step === 1) {
      return html`<p class="muted">${text.report.step(1)}</p><p>${text.report.lead}</p>${about}
        <label for="report-reason">${text.report.reason}</label>
        <textarea id="report-reason" rows="4" maxlength=${kReasonMax} dir="auto" aria-describedby="report-count" .value=${reason} @input=${typed}></textarea>
        <p class="hint" id="report-count">${length < kReasonMin ? text.warning.tooShort(kReasonMin) + ' · ' : ''}${text.warning.counter(length, kReasonMax)}</p>
        <div class="row"><button class="primary" ?disabled=${length < kReasonMin} @click=${() => to(2)}>${text.report.next}</button>
          <button @click=${close}>${text.cancel}</button></div>`
    }
    return html`<p class="muted">${text.report.step(2)}</p>
      ${list(text.report.whatTitle, text.report.what)}
      ${about}<blockquote class="quote">${plainText(reason.trim())}</blockquote>
      ${list(text.report.whoTitle, text.report.who)}
      <div class="row"><button class="primary" ?disabled=${busy} @click=${send}>${text.report.confirm}</button>
        <button ?disabled=${busy} @click=${() => to(1)}>${text.back}</button></div>`
  })
}
