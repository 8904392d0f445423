// Asking a poll: a question and two to eight answers.
import { html, type TemplateResult } from 'lit'
import type { GroupId } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import type { Draft } from './precheck.ts'
import './precheck_panel.ts'
import type { Store } from './store.ts'

const kOptionsMax = 8
const kOptionMax = 100
const kQuestionMax = 500

/** Question, then answers that are not empty. */
const written = (form: HTMLFormElement): string[] =>
  [...form.querySelectorAll<HTMLInputElement>('input')].map((input) => input.value.trim()).filter((value, i) => i === 0 || value !== '')

export function openPoll(store: Store, group: GroupId): void {
  let options = 2
  let draft: Draft = { text: '', kind: 'poll', about: '' }
  openDialog(text.poll.title, (close, dialog): TemplateResult => {
    const submit = (event: Event): void => {
      event.preventDefault()
      const [question, ...given] = written(event.target as HTMLFormElement)
      if (question === undefined || question === '' || given.length < 2) return
      close()
      void store.try(store.core.sendPoll(group, question, given))
    }
    const typed = (event: Event): void => {
      draft = { ...draft, text: written(event.currentTarget as HTMLFormElement).join('\n').trim() }
      dialog.redraw()
    }
    const add = (): void => {
      options += 1
      dialog.redraw()
    }
    return html`<form @submit=${submit} @input=${typed}>
      <label for="question">${text.poll.question}</label>
      <input id="question" required maxlength=${kQuestionMax} dir="auto" />
      ${Array.from({ length: options }, (_, i) => html`<label for="option-${i}">${text.poll.option(i + 1)}</label>
        <input id="option-${i}" ?required=${i < 2} maxlength=${kOptionMax} dir="auto" />`)}
      <c-precheck .group=${group} .draft=${draft}></c-precheck>
      <div class="row">
        <button class="primary">${text.poll.send}</button>
        <button type="button" ?disabled=${options === kOptionsMax} @click=${add}>${text.poll.add}</button>
      </div>
    </form>`
  })
}
