// What is on record about oneself.
import { html, nothing, type TemplateResult } from 'lit'
import type { OwnAlertView, OwnRecord } from '../core/api.ts'
import { text } from '../text/en.ts'
import { saveFile } from './files.ts'
import { categoryOf, dateOf, momentOf } from './format.ts'
import { plainName, plainText } from './plain.ts'
import { View } from './view.ts'

const kResolutions: Readonly<Record<string, string>> = { ...text.desk.resolutions, ...text.desk.decisions }

class OwnRecordTile extends View {
  private record: OwnRecord | null = null

  override render(): TemplateResult {
    const { record } = this
    return html`<section class="tile column"><h2>${text.ownRecord.title}</h2>
      <p class="hint">${text.ownRecord.lead}</p>
      ${record === null
        ? html`<div class="row"><button @click=${() => void this.load()}>${text.ownRecord.show}</button></div>`
        : this.whole(record)}
    </section>`
  }

  private whole(record: OwnRecord): TemplateResult {
    const { ownAlerts } = this.store.state
    return html`<p role="status">${text.ownRecord.messages(record.messages)} · ${text.ownRecord.overridden(record.overridden)} ·
        ${text.ownRecord.withheld(record.warnings.length)}</p>
      <h3>${text.ownRecord.warnings}</h3>
      ${record.warnings.length === 0 ? html`<p class="muted">${text.ownRecord.noWarnings}</p>` : nothing}
      <ul role="list" class="history">${[...record.warnings].reverse().map(
        (one) => html`<li><b>${text.warning.severity[one.block ? 'block' : 'warn']}</b>
          <span class="badge">${text.ownRecord.outcomes[one.outcome]}</span>
          ${one.disputed ? html`<span class="badge">${text.ownRecord.disputed}</span>` : nothing}
          <p class="muted">${momentOf(one.time)} · ${this.groupName(one.group)} · ${one.rules.map((rule) => text.warning.rule(rule)).join(', ')}</p></li>`,
      )}</ul>
      <h3>${text.ownRecord.alerts}</h3>
      ${ownAlerts.length === 0 ? html`<p class="muted">${text.ownRecord.noAlerts}</p>` : nothing}
      <ul role="list" class="history">${ownAlerts.map((one) => this.alert(one))}</ul>
      <div class="row"><button @click=${() => saveFile(text.ownRecord.file, record.file)}>${text.ownRecord.save}</button></div>
      <p class="hint">${text.ownRecord.saveNote}</p>`
  }

  private alert(one: OwnAlertView): TemplateResult {
    return html`<li><b>${categoryOf(one.category)}</b>
      <span class="badge">${text.desk.outcomes[one.outcome]}</span>
      <span class="badge closed">${kResolutions[one.resolution] ?? one.resolution}</span>
      <p>${plainText(one.standard)} <span class="muted">${text.warning.rule(one.rule)}</span></p>
      <p class="muted">${this.groupName(one.group)} · ${text.ownRecord.raised(momentOf(one.raised))} · ${text.desk.states.closed} ${dateOf(one.closed)}</p></li>`
  }

  private groupName(id: string): TemplateResult {
    const group = this.store.state.groups.find((one) => one.id === id)
    return group === undefined ? html`${id.slice(0, 8)}` : plainName(group.name)
  }

  private async load(): Promise<void> {
    this.record = (await this.store.try(this.store.core.ownRecord())) ?? null
    this.requestUpdate()
  }
}
customElements.define('c-own-record', OwnRecordTile)
