// Who is in a group: the bot first, then everybody with what was proven about their device.
import { html, nothing, type TemplateResult } from 'lit'
import type { GroupView, MemberView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { fingerprintOf } from './enrol.ts'
import { dateOf } from './format.ts'
import { mark } from './group_list.ts'
import { icon } from './icons.ts'
import { bareName, plainName } from './plain.ts'

function standing(member: MemberView): TemplateResult {
  if (member.revoked) return html`<span class="badge danger">${text.roster.revoked}</span>`
  if (member.validUntil < Date.now()) return html`<span class="badge danger">${text.roster.expired}</span>`
  return member.proven
    ? html`<span class="badge ok">${icon('check')}${text.roster.proven}</span>`
    : html`<span class="badge">${text.roster.unproven}</span>`
}

function row(member: MemberView): TemplateResult {
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
    </details>
  </li>`
}

export function openRoster(group: GroupView): void {
  const rank = (member: MemberView): number => (member.bot ? 0 : member.owner ? 1 : 2)
  const sorted = [...group.members].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
  openDialog(text.roster.title, () => html`<p class="muted">${plainName(group.name)} · ${text.groups.members(group.members.length)} ·
      ${text.groups.unit(group.unit)}</p>
    <ul role="list" class="members">${sorted.map(row)}</ul>`, { sheet: true })
}
