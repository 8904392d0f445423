// Setting up a device, step by step: invitation, comparing the root's fingerprint, passphrase,
// request to the registrars, certificate from them.
import { html, nothing, type TemplateResult } from 'lit'
import type { EnrolmentOffer } from '../core/api.ts'
import { text } from '../text/en.ts'
import { saveFile } from './files.ts'
import { fingerprint } from './format.ts'
import { icon } from './icons.ts'
import { askToKeepStorage } from './persistence.ts'
import { plainName } from './plain.ts'
import { View } from './view.ts'

const kPassphraseMin = 12

export const fingerprintOf = (hex: string, label: string): TemplateResult =>
  html`<p class="fingerprint" role="img" aria-label="${label}: ${fingerprint(hex).join(' ')}">
    ${fingerprint(hex).map((four) => html`<span>${four}</span>`)}
  </p>`

/** SHA-256 of the root's key in its C2SP verifier key: name+id+base64(type, 32 bytes). */
async function rootFingerprint(vkey: string): Promise<string> {
  // Base64 may hold a '+' of its own; names do not.
  const encoded = vkey.split('+').slice(2).join('+')
  const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))
  const digest = await crypto.subtle.digest('SHA-256', bytes.subarray(1))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

class Enrol extends View {
  private offer: EnrolmentOffer | null = null
  private print = ''
  private compared = false
  private problem = ''
  private busy = false

  override connectedCallback(): void {
    super.connectedCallback()
    if (location.hash.length < 2) return
    const link = location.hash
    // Used once; neither the address bar nor the history keeps it.
    history.replaceState(null, '', location.pathname)
    void this.read(link)
  }

  override render(): TemplateResult {
    const step = this.store.state.phase === 'requested' ? 3 : this.offer === null ? 0 : this.compared ? 2 : 1
    return html`<section class="card wide">
      <div class="brand">${icon('shield')}<span>${text.app}</span></div>
      <h1>${text.enrol.title}</h1>
      <ol class="steps">
        ${text.enrol.steps.map(
          (name, i) => html`<li class=${i < step ? 'done' : ''} aria-current=${i === step ? 'step' : nothing}>${name}</li>`,
        )}
      </ol>
      ${[this.askOffer, this.compare, this.askPassphrase, this.approval][step]!.call(this)}
      <p class="problem" role="alert">${this.problem}</p>
    </section>`
  }

  override updated(): void {
    this.find<HTMLElement>('[autofocus]')?.focus()
  }

  private askOffer(): TemplateResult {
    return html`<form @submit=${this.submitOffer}>
      <p>${text.enrol.lead}</p>
      <label for="offer">${text.enrol.offerLabel}</label>
      <textarea id="offer" rows="4" spellcheck="false" autocomplete="off" aria-describedby="offer-hint"></textarea>
      <p class="hint" id="offer-hint">${text.enrol.offerHint}</p>
      <button class="primary">${text.enrol.read}</button>
    </form>`
  }

  private compare(): TemplateResult {
    const offer = this.offer!
    return html`<h2>${text.enrol.compareTitle}</h2>
      <p>${text.enrol.compareLead}</p>
      ${fingerprintOf(this.print, text.fingerprintOf(offer.organisation))}
      <dl class="facts">
        <dt>${text.enrol.organisation}</dt><dd>${plainName(offer.organisation)}</dd>
        <dt>${text.enrol.person}</dt><dd>${plainName(offer.name)} <span class="muted">${offer.person}</span></dd>
        <dt>${text.enrol.unit}</dt><dd>${plainName(offer.unit)}</dd>
        <dt>${text.enrol.role}</dt><dd>${offer.role}</dd>
        <dt>${text.enrol.relay}</dt><dd>${offer.relay}</dd>
      </dl>
      <div class="row">
        <button class="primary" @click=${() => this.set(() => (this.compared = true))}>${text.enrol.same}</button>
        <button @click=${() => this.set(() => (this.offer = null))}>${text.cancel}</button>
      </div>`
  }

  private askPassphrase(): TemplateResult {
    return html`<form @submit=${this.submitPassphrase}>
      <h2>${text.enrol.passphraseTitle}</h2>
      <p>${text.enrol.passphraseLead}</p>
      <label for="passphrase">${text.enrol.passphrase}</label>
      <input id="passphrase" type="password" autocomplete="new-password" aria-describedby="passphrase-hint" />
      <p class="hint" id="passphrase-hint">${text.enrol.passphraseHint}</p>
      <label for="again">${text.enrol.again}</label>
      <input id="again" type="password" autocomplete="new-password" />
      <button class="primary" ?disabled=${this.busy}>${this.busy ? text.enrol.making : text.enrol.make}</button>
    </form>`
  }

  private approval(): TemplateResult {
    const device = this.store.state.device
    const request = device?.request ?? ''
    return html`<h2>${text.enrol.requestTitle}</h2>
      <p>${text.enrol.requestLead}</p>
      <label for="request">${text.enrol.requestLabel}</label>
      <textarea id="request" rows="6" readonly spellcheck="false" .value=${request}></textarea>
      <div class="row">
        <button @click=${() => void navigator.clipboard.writeText(request)}>${text.copy}</button>
        <button @click=${() => saveFile(text.enrol.request, request)}>${text.save}</button>
      </div>
      <h3>${text.enrol.device}</h3>
      ${device === null ? nothing : fingerprintOf(device.device, text.enrol.device)}
      <form @submit=${this.submitCertificate}>
        <label for="certificate">${text.enrol.certificateLabel}</label>
        <textarea id="certificate" rows="4" spellcheck="false" aria-describedby="certificate-hint"></textarea>
        <p class="hint" id="certificate-hint">${text.enrol.certificateHint}</p>
        <div class="row">
          <button class="primary" ?disabled=${this.busy}>${text.enrol.install}</button>
          <label class="button">${text.enrol.certificateFile}<input class="spoken" type="file" @change=${this.readFile} /></label>
          <span class="grow"></span>
          <c-forget></c-forget>
        </div>
      </form>`
  }

  private set(change: () => void): void {
    change()
    this.problem = ''
    this.requestUpdate()
  }

  private async read(offer: string): Promise<void> {
    const read = await this.store.core.readOffer(offer)
    if (!read.ok) {
      this.problem = read.error.message
      return this.requestUpdate()
    }
    this.print = await rootFingerprint(read.value.root)
    this.set(() => {
      this.offer = read.value
      this.compared = false
    })
  }

  private submitOffer(event: Event): void {
    event.preventDefault()
    void this.read(this.find<HTMLTextAreaElement>('#offer')!.value.trim())
  }

  private async submitPassphrase(event: Event): Promise<void> {
    event.preventDefault()
    const passphrase = this.find<HTMLInputElement>('#passphrase')!.value
    const again = this.find<HTMLInputElement>('#again')!.value
    const wrong = [...passphrase].length < kPassphraseMin ? text.enrol.tooShort : passphrase !== again ? text.enrol.differs : ''
    if (wrong !== '' || this.busy) return this.set(() => (this.problem = wrong)), this.show(wrong)
    this.set(() => (this.busy = true))
    void askToKeepStorage()
    const made = await this.store.core.enrol(this.offer!, passphrase)
    this.busy = false
    this.show(made.ok ? '' : made.error.message)
  }

  private async submitCertificate(event: Event): Promise<void> {
    event.preventDefault()
    this.set(() => (this.busy = true))
    const installed = await this.store.core.installCertificate(this.find<HTMLTextAreaElement>('#certificate')!.value)
    this.busy = false
    this.show(installed.ok ? '' : installed.error.message)
  }

  private show(problem: string): void {
    this.problem = problem
    this.requestUpdate()
  }

  private async readFile(event: Event): Promise<void> {
    const file = (event.target as HTMLInputElement).files?.[0]
    if (file === undefined || file.size > 65_536) return
    this.find<HTMLTextAreaElement>('#certificate')!.value = await file.text()
  }
}
customElements.define('c-enrol', Enrol)
