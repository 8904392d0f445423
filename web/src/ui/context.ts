// Context around an alert's message: the scope of a warrant, drafted here and signed elsewhere.
import { html, nothing, type TemplateResult } from 'lit'
import type { AlertView, ContextView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { saveFile } from './files.ts'
import { momentOf } from './format.ts'
import { plainName, plainText } from './plain.ts'
import type { Store } from './store.ts'

const kMinutes = 10
const kMinutesMax = 1440

export function openContext(store: Store, alert: AlertView): void {
  let minutes = kMinutes
  let everyone = false
  let scope: ContextView | null = null
  let problem = ''
  const dialog = openDialog(text.desk.context, (): TemplateResult => {
    const change = (): void => void draft()
    return html`<p>${text.desk.contextLead}</p>
      <label for="context-minutes">${text.desk.contextMinutes}</label>
      <input id="context-minutes" type="number" min="1" max=${kMinutesMax} .value=${String(minutes)}
        @change=${(event: Event) => ((minutes = Number((event.target as HTMLInputElement).value)), change())} />
      <label class="switch"><input type="checkbox" .checked=${everyone}
        @change=${(event: Event) => ((everyone = (event.target as HTMLInputElement).checked), change())} />
        <span>${text.desk.contextEveryone}</span></label>
      <p class="problem" role="alert">${problem}</p>
      ${scope === null ? nothing : scopeOf(scope)}`
  }, { sheet: true })
  const scopeOf = (shown: ContextView): TemplateResult => html`
    <p role="status">${plainText(text.desk.contextScope(shown.group, momentOf(shown.from), momentOf(shown.until)))}.
      ${shown.claimed ? text.desk.contextClaimed : nothing}
      ${shown.author === null ? text.desk.contextAll : html`${text.desk.contextAuthor} ${plainName(shown.author)}`}</p>
    <pre class="draft" tabindex="0" role="group" aria-label=${text.desk.context}>${plainText(shown.draft)}</pre>
    <div class="row"><button class="primary" @click=${() => saveFile(text.desk.contextFile, shown.draft)}>${text.desk.contextSave}</button></div>`
  const draft = async (): Promise<void> => {
    const drafted = await store.core.alertContext(alert.id, { minutes, everyone })
    scope = drafted.ok ? drafted.value : null
    problem = drafted.ok ? '' : drafted.error.message
    dialog.redraw()
  }
  void draft()
}
