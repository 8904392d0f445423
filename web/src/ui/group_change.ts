// Starting a group and changing one: asked of the bot, which answers (requests.ts).
import { html, nothing, type TemplateResult } from 'lit'
import { groupClasses, type GroupChange, type GroupClass, type GroupView, type PersonView } from '../core/api.ts'
import { groupNameSizeMax } from '../core/limits.ts'
import { text } from '../text/en.ts'
import { type Dialog, openDialog } from './dialog.ts'
import { mark } from './group_list.ts'
import { icon } from './icons.ts'
import { plainName } from './plain.ts'
import type { Store } from './store.ts'

const kNameMax = 100
const kFindMs = 150

export async function change(store: Store, wanted: GroupChange): Promise<void> {
  const asked = await store.try(store.core.changeGroup(wanted))
  if (asked !== undefined) store.say(text.groups.asked)
}

/** Finding people and choosing among them. */
class Choosing {
  readonly chosen = new Map<string, PersonView>()
  private found: readonly PersonView[] = []
  private timer = 0
  private readonly store: Store
  private readonly without: ReadonlySet<string>

  constructor(store: Store, without: ReadonlySet<string>) {
    this.store = store
    this.without = without
  }

  async find(wanted: string, dialog: Dialog): Promise<void> {
    const found = await this.store.core.people(wanted)
    this.found = found.ok ? found.value.filter((one) => !this.without.has(one.person)) : []
    dialog.redraw()
  }

  draw(dialog: Dialog): TemplateResult {
    const typed = (event: Event): void => {
      const { value } = event.target as HTMLInputElement
      clearTimeout(this.timer)
      this.timer = window.setTimeout(() => void this.find(value, dialog), kFindMs)
    }
    const choose = (one: PersonView): void => {
      if (!this.chosen.delete(one.person)) this.chosen.set(one.person, one)
      dialog.redraw()
    }
    const shown = this.found.filter((one) => !this.chosen.has(one.person))
    const row = (one: PersonView, isChosen: boolean): TemplateResult =>
      html`<li><button type="button" class="item" aria-pressed=${isChosen} @click=${() => choose(one)}>
        ${mark(one.name, one.person)}<span class="grow">${plainName(one.name)} <span class="muted">${one.role} · ${plainName(one.unit)} · ${one.person}</span></span>
        ${isChosen ? icon('check') : nothing}</button></li>`
    return html`<h3>${text.groups.chosen}</h3>
      ${this.chosen.size === 0 ? html`<p class="muted">${text.groups.noneChosen}</p>` : nothing}
      <ul role="list" class="items">${[...this.chosen.values()].map((one) => row(one, true))}</ul>
      <label for="people">${text.groups.find}</label>
      <input id="people" type="search" autocomplete="off" spellcheck="false" @input=${typed} />
      ${shown.length === 0 && this.chosen.size === 0 ? html`<p class="muted">${text.groups.nobody}</p>` : nothing}
      <ul role="list" class="items people">${shown.map((one) => row(one, false))}</ul>`
  }
}

function classChoice(chosen: string): TemplateResult {
  return html`<label for="group-class">${text.groups.class}</label>
    <select id="group-class">${groupClasses.map(
      (one) => html`<option value=${one} ?selected=${one === chosen}>${text.groups.classes[one]}: ${text.groups.classMore[one]}</option>`,
    )}</select>`
}

const classOf = (form: HTMLFormElement): GroupClass =>
  form.querySelector<HTMLSelectElement>('#group-class')!.value as GroupClass
/** Letters of many scripts take more than one byte: said before the dialog is closed. */
const measure = ({ target }: Event): void => {
  const input = target as HTMLInputElement
  const long = new TextEncoder().encode(input.value.trim()).length > groupNameSizeMax
  input.setCustomValidity(long ? text.groups.nameTooLong : '')
}
const nameOf = (form: HTMLFormElement): string => form.querySelector<HTMLInputElement>('#group-name')!.value.trim()

export function openNewGroup(store: Store): void {
  const self = store.state.device?.person ?? ''
  const choosing = new Choosing(store, new Set([self]))
  const dialog = openDialog(text.groups.start, (close, dialog): TemplateResult => {
    const submit = (event: Event): void => {
      event.preventDefault()
      const form = event.target as HTMLFormElement
      const name = nameOf(form)
      if (name === '') return
      close()
      void change(store, { action: 'create', name, groupClass: classOf(form), people: [...choosing.chosen.keys()] })
    }
    return html`<form @submit=${submit}>
      <label for="group-name">${text.groups.name}</label>
      <input id="group-name" required @input=${measure} maxlength=${kNameMax} dir="auto" autocomplete="off" aria-describedby="group-name-hint" />
      <p class="hint" id="group-name-hint">${text.groups.nameHint}</p>
      ${classChoice('ordinary')}
      ${choosing.draw(dialog)}
      <div class="row"><button class="primary">${text.groups.create}</button>
        <button type="button" @click=${close}>${text.cancel}</button></div>
    </form>`
  }, { sheet: true })
  void choosing.find('', dialog)
}

export function openAddPeople(store: Store, group: GroupView): void {
  const choosing = new Choosing(store, new Set(group.members.map((member) => member.person)))
  const dialog = openDialog(text.groups.add, (close, dialog): TemplateResult => {
    const people = [...choosing.chosen.keys()]
    const add = (): void => {
      close()
      void change(store, { action: 'add', group: group.id, people })
    }
    return html`${choosing.draw(dialog)}
      <div class="row"><button class="primary" ?disabled=${people.length === 0} @click=${add}>${text.groups.addNow(people.length)}</button>
        <button @click=${close}>${text.cancel}</button></div>`
  }, { sheet: true })
  void choosing.find('', dialog)
}

export function openRename(store: Store, group: GroupView): void {
  openDialog(text.groups.rename, (close): TemplateResult => {
    const submit = (event: Event): void => {
      event.preventDefault()
      const name = nameOf(event.target as HTMLFormElement)
      if (name === '') return
      close()
      if (name !== group.name) void change(store, { action: 'rename', group: group.id, name })
    }
    return html`<form @submit=${submit}>
      <label for="group-name">${text.groups.name}</label>
      <input id="group-name" required @input=${measure} maxlength=${kNameMax} dir="auto" autocomplete="off" .value=${group.name} aria-describedby="group-name-hint" />
      <p class="hint" id="group-name-hint">${text.groups.nameHint}</p>
      <div class="row"><button class="primary">${text.groups.rename}</button>
        <button type="button" @click=${close}>${text.cancel}</button></div>
    </form>`
  })
}

export function openClass(store: Store, group: GroupView): void {
  openDialog(text.groups.class, (close): TemplateResult => {
    const submit = (event: Event): void => {
      event.preventDefault()
      const groupClass = classOf(event.target as HTMLFormElement)
      close()
      if (groupClass !== group.groupClass) void change(store, { action: 'class', group: group.id, groupClass })
    }
    return html`<form @submit=${submit}>${classChoice(group.groupClass)}
      <div class="row"><button class="primary">${text.groups.class}</button>
        <button type="button" @click=${close}>${text.cancel}</button></div></form>`
  })
}

/** What cannot be taken back is asked once more. */
export function openSure(store: Store, words: { title: string; lead: string; go: string }, wanted: GroupChange): void {
  openDialog(words.title, (close): TemplateResult => {
    const go = (): void => {
      close()
      void change(store, wanted)
    }
    return html`<p>${words.lead}</p>
      <div class="row"><button class="primary danger" @click=${go}>${words.go}</button>
        <button @click=${close}>${text.cancel}</button></div>`
  })
}
