// Setting up another device of one's own, a phone perhaps: the invitation as a picture to scan. All of
// it is public; keys are made on the other device, and registrars approve it like any.
import { html, nothing, svg, type TemplateResult } from 'lit'
import { encode } from 'uqr'
import { text } from '../text/en.ts'
import { View } from './view.ts'

/** Room around the code, in modules, as the standard asks for. */
const kQuiet = 4

/** One path of unit squares: nothing is made from a string of markup. */
function picture(link: string): TemplateResult {
  const { data, size } = encode(link, { ecc: 'L', border: kQuiet })
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])))
  return html`<svg class="code" viewBox="0 0 ${size} ${size}" role="img" aria-label=${text.settings.code}>
    ${svg`<path d=${dark.join('')} />`}</svg>`
}

class AnotherDevice extends View {
  private link: string | null = null

  override render(): TemplateResult {
    return html`<section class="tile column"><h2>${text.settings.another}</h2>
      <p class="hint">${text.settings.anotherMore}</p>
      ${this.link === null
        ? html`<div class="row"><button @click=${() => void this.show()}>${text.settings.anotherShow}</button></div>`
        : html`${picture(this.link)}
            <div class="row"><button @click=${this.copy}>${text.settings.anotherCopy}</button></div>`}
      ${this.link === null ? nothing : html`<p class="hint">${text.settings.anotherPublic}</p>`}
    </section>`
  }

  private async show(): Promise<void> {
    const fragment = await this.store.try(this.store.core.invitation())
    this.link = fragment === undefined ? null : `${location.origin}/${fragment}`
    this.requestUpdate()
  }

  private copy(): void {
    if (this.link !== null) void navigator.clipboard.writeText(this.link)
    this.store.say(text.copied)
  }
}
customElements.define('c-another-device', AnotherDevice)
