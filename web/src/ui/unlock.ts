// The passphrase, and forgetting the device.
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { icon } from './icons.ts'
import { askToKeepStorage } from './persistence.ts'
import { plainName } from './plain.ts'
import { View } from './view.ts'

class Unlock extends View {
  private busy = false
  private problem = ''

  override render(): TemplateResult {
    const device = this.store.state.device
    return html`<section class="card">
      <div class="brand">${icon('shield')}<span>${text.app}</span></div>
      <h1>${text.unlock.title}</h1>
      <p>${device === null ? nothing : html`${plainName(device.name)} · `}${text.unlock.lead}</p>
      <form @submit=${this.submit}>
        <label for="passphrase">${text.enrol.passphrase}</label>
        <input id="passphrase" type="password" autocomplete="current-password" aria-describedby="unlock-problem" />
        <p class="problem" id="unlock-problem" role="alert">${this.problem}</p>
        <div class="row">
          <button class="primary" ?disabled=${this.busy}>${this.busy ? text.unlock.unlocking : text.unlock.unlock}</button>
          <span class="grow"></span>
          <c-forget></c-forget>
        </div>
      </form>
    </section>`
  }

  override firstUpdated(): void {
    this.find<HTMLInputElement>('#passphrase')?.focus()
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault()
    if (this.busy) return
    const input = this.find<HTMLInputElement>('#passphrase')!
    this.busy = true
    this.problem = ''
    this.requestUpdate()
    void askToKeepStorage()
    const opened = await this.store.core.unlock(input.value)
    this.busy = false
    input.value = ''
    if (!opened.ok) {
      this.problem = opened.error.code === 'input_invalid' ? text.unlock.wrong : opened.error.message
      input.focus()
    }
    this.requestUpdate()
  }
}
customElements.define('c-unlock', Unlock)

class Forget extends View {
  override render(): TemplateResult {
    return html`<button type="button" class="quiet" @click=${this.ask}>${text.unlock.forget}</button>`
  }

  private ask(): void {
    openDialog(text.unlock.forgetTitle, (close) => {
      const forget = async (): Promise<void> => {
        close()
        await this.store.try(this.store.core.forget())
      }
      return html`<p>${text.unlock.forgetLead}</p>
        <div class="row">
          <button class="primary danger" @click=${forget}>${text.unlock.forgetConfirm}</button>
          <button @click=${close}>${text.cancel}</button>
        </div>`
    })
  }
}
customElements.define('c-forget', Forget)
