// Appearance, lock, notifications, and what this device is.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { fingerprintOf } from './enrol.ts'
import { dateOf, numberOf } from './format.ts'
import { keepsStorage } from './persistence.ts'
import { plainName } from './plain.ts'
import { applyTheme, prefer, preference, theme, type Theme } from './preferences.ts'
import './another_device.ts'
import './own_record.ts'
import { View } from './view.ts'

class Settings extends View {
  private said = ''
  private problem = ''

  override render(): TemplateResult {
    const { device, organisation, notice, idleLockMs } = this.store.state
    return html`<div class="page">
      <header class="bar"><h1>${text.settings.title}</h1></header>
      <section class="tile column"><h2>${text.settings.appearance}</h2>
        <div class="filters" role="group" aria-label=${text.settings.appearance}>
          ${(Object.keys(text.settings.themes) as Theme[]).map(
            (one) => html`<button aria-pressed=${one === theme()} @click=${() => (applyTheme(one), this.requestUpdate())}>${text.settings.themes[one]}</button>`,
          )}</div></section>
      <section class="tile column"><h2>${text.settings.idle}</h2>
        <div class="filters" role="group" aria-label=${text.settings.idle}>
          ${text.settings.idleChoices.map(
            ([ms, label]) => html`<button aria-pressed=${ms === idleLockMs} @click=${() => void this.setIdle(ms)}>${label}</button>`,
          )}</div></section>
      ${this.notifications()}
      <section class="tile column"><h2>${text.settings.device}</h2>
        ${device === null
          ? nothing
          : html`<dl class="facts">
              <dt>${text.enrol.person}</dt><dd>${plainName(device.name)} <span class="muted">${device.person}</span></dd>
              <dt>${text.enrol.unit}</dt><dd>${plainName(device.unit)}</dd>
              <dt>${text.enrol.role}</dt><dd>${device.role}</dd>
              ${device.certifiedUntil === null ? nothing : html`<dt></dt><dd>${text.settings.until(dateOf(device.certifiedUntil))}</dd>`}
              ${organisation === null ? nothing : html`<dt>${text.settings.log}</dt><dd>${organisation.logOrigin} <span class="muted">${text.settings.logState(numberOf(organisation.checkpointSize))}</span></dd>`}
            </dl>
            ${fingerprintOf(device.device, text.fingerprintOf(device.name))}
            <h3>${text.settings.fingerprint}</h3>
            ${fingerprintOf(device.rootFingerprint, text.settings.fingerprint)}`}
        ${keepsStorage() === false ? html`<p class="hint">${text.settings.notKept}</p>` : nothing}
        <div class="row"><c-forget></c-forget></div></section>
      <c-own-record></c-own-record>
      <c-another-device></c-another-device>
      ${this.passphrase()}
      ${notice === null ? nothing : html`<section class="tile column"><h2>${text.settings.notice}</h2><c-notice readonly></c-notice></section>`}
    </div>`
  }

  private notifications(): TemplateResult {
    const possible = 'Notification' in window && Notification.permission !== 'denied'
    const on = preference('notify') === 'yes'
    return html`<section class="tile column"><h2>${text.settings.notifications}</h2>
      <label class="switch"><input type="checkbox" .checked=${on} ?disabled=${!possible} @change=${this.setNotify} />
        <span>${text.settings.notify}</span></label>
      <p class="hint">${possible ? text.settings.notifyHint : text.settings.notifyOff}</p></section>`
  }

  private passphrase(): TemplateResult {
    return html`<section class="tile column"><h2>${text.settings.passphrase}</h2>
      <form @submit=${this.changePassphrase}>
        <label for="passphrase-from">${text.settings.from}</label>
        <input id="passphrase-from" type="password" autocomplete="current-password" required />
        <label for="passphrase-to">${text.settings.to}</label>
        <input id="passphrase-to" type="password" autocomplete="new-password" minlength="12" required />
        <p class="problem" role="alert">${this.problem}</p>
        <p class="muted" role="status">${this.said}</p>
        <button>${text.settings.change}</button>
      </form></section>`
  }

  private async setNotify(event: Event): Promise<void> {
    const box = event.target as HTMLInputElement
    if (box.checked && Notification.permission !== 'granted') {
      box.checked = (await Notification.requestPermission()) === 'granted'
    }
    prefer('notify', box.checked ? 'yes' : 'no')
    this.requestUpdate()
  }

  private async setIdle(ms: number): Promise<void> {
    await this.store.try(this.store.core.setIdleLock(ms))
  }

  private async changePassphrase(event: Event): Promise<void> {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const from = this.find<HTMLInputElement>('#passphrase-from')!.value
    const to = this.find<HTMLInputElement>('#passphrase-to')!.value
    const changed = await this.store.core.changePassphrase(from, to)
    this.problem = changed.ok ? '' : changed.error.code === 'input_invalid' ? text.unlock.wrong : changed.error.message
    this.said = changed.ok ? text.settings.changed : ''
    if (changed.ok) form.reset()
    this.requestUpdate()
  }
}
customElements.define('c-settings', Settings)
