// Who is in a group: the bot first, then everybody with what was proven about their device; and
// what its owners can change.
import { html, nothing, type TemplateResult } from 'lit'
import type { GroupId, GroupView, MemberView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { fingerprintOf } from './enrol.ts'
import { dateOf } from './format.ts'
import { change, openAddPeople, openClass, openRename, openSure } from './group_change.ts'
import { mark } from './group_list.ts'
import { icon } from './icons.ts'
import { bareName, plainName } from './plain.ts'
import type { Store } from './store.ts'

function standing(member: MemberView): TemplateResult {
  if (member.revoked) return html`<span class="badge danger">${text.roster.revoked}</span>`
  if (member.validUntil < Date.now()) return html`<span class="badge danger">${text.roster.expired}</span>`
  return member.proven
    ? html`<span class="badge ok">${icon('check')}${text.roster.proven}</span>`
    : html`<span class="badge">${text.roster.unproven}</span>`
}

const sure = (kind: 'remove' | 'leave'): { title: string; lead: string; go: string } =>
  kind === 'remove'
    ? { title: text.groups.removeTitle, lead: text.groups.removeLead, go: text.groups.remove }
    : { title: text.groups.leaveTitle, lead: text.groups.leaveLead, go: text.groups.leave }

/** What an owner can do about a member. */
function powers(store: Store, group: GroupView, member: MemberView): TemplateResult {
  const owners = new Set(group.members.filter((one) => one.owner).map((one) => one.person))
  const owner = owners.has(member.person)
  const own = (): void => {
    const people = owner ? [...owners].filter((one) => one !== member.person) : [...owners, member.person]
    void change(store, { action: 'owners', group: group.id, people })
  }
  const remove = { action: 'remove', group: group.id, people: [member.person] } as const
  return html`<div class="row">
    ${owner && owners.size === 1 ? nothing : html`<button @click=${own}>${owner ? text.groups.dropOwner : text.groups.makeOwner}</button>`}
    ${member.self ? nothing : html`<button class="danger" @click=${() => openSure(store, sure('remove'), remove)}>${text.groups.remove}</button>`}
  </div>`
}

function row(store: Store, group: GroupView, member: MemberView, ours: boolean): TemplateResult {
  return html`<li class="member">
    <details>
      <summary>
        ${member.bot ? html`<span class="mark bot" aria-hidden="true">${icon('shield')}</span>` : mark(member.name, member.person)}
        <span class="grow"><b>${plainName(member.name)}</b>
          <span class="muted">${member.bot ? text.roster.bot : html`${member.role} · ${plainName(member.unit)}`}</span></span>
        ${member.self ? html`<span class="badge">${text.roster.self}</span>` : nothing}
        ${member.owner ? html`<span class="badge">${text.roster.owner}</span>` : nothing}
        ${standing(member)}
      </summary>
      ${member.bot ? html`<p>${text.roster.botMore}</p>` : nothing}
      <p class="muted">${member.person} · ${text.roster.until(dateOf(member.validUntil))}</p>
      ${fingerprintOf(member.device, text.fingerprintOf(bareName(member.name)))}
      ${ours && !member.bot ? powers(store, group, member) : nothing}
    </details>
  </li>`
}

function changes(store: Store, group: GroupView, ours: boolean): TemplateResult {
  const leave = { action: 'leave', group: group.id } as const
  return html`<div class="row">
    ${ours
      ? html`<button @click=${() => openAddPeople(store, group)}>${icon('plus')}${text.groups.add}</button>
          <button @click=${() => openRename(store, group)}>${text.groups.rename}</button>
          <button @click=${() => openClass(store, group)}>${text.groups.class}</button>`
      : nothing}
    <button class="danger" @click=${() => openSure(store, sure('leave'), leave)}>${text.groups.leave}</button>
  </div>`
}

export function openRoster(store: Store, id: GroupId): void {
  const rank = (member: MemberView): number => (member.bot ? 0 : member.owner ? 1 : 2)
  openDialog(text.roster.title, (): TemplateResult => {
    const group = store.state.groups.find((one) => one.id === id)
    if (group === undefined) return html``
    const sorted = [...group.members].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    const person = store.state.device?.person
    const open = !group.removed && group.stopped === null
    const ours = open && group.members.some((member) => member.owner && member.person === person)
    return html`<p class="muted">${plainName(group.name)} · ${text.groups.members(group.members.length)} ·
        ${text.groups.unit(group.unit)} · ${text.groups.classes[group.groupClass] ?? group.groupClass}</p>
      ${open ? changes(store, group, ours) : nothing}
      <c-requests></c-requests>
      <ul role="list" class="members">${sorted.map((member) => row(store, group, member, ours))}</ul>`
  }, { sheet: true, follows: store })
}
